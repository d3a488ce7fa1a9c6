"""Keeping what a trainer has measured, for the estimates of later submissions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hpcmlff.models.protocol import MeasuresRates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.models.protocol import Trainer
    from hpcmlff.store.store import Store

LOG = logging.getLogger("hpcmlff")


def measured(trainer: Trainer[Any], state: Any) -> dict[str, float]:
    """Return the rates of a finished training; none if the trainer has none to offer."""
    if not isinstance(trainer, MeasuresRates):
        return {}
    try:
        return {str(name): float(value) for name, value in trainer.rates(state).items()}
    except Exception as error:  # noqa: BLE001 - the cell is done, whatever this says
        LOG.warning("the rates could not be asked for: %r", error)
        return {}


def keep_rates(
    store: Store, record: int, model: str, rates: Mapping[str, float], facts: Mapping[str, Any]
) -> None:
    """Put rates where submissions by the same profile find them; a failure is logged.

    Parameters
    ----------
    store
        The store.
    record
        Number of the submission in the ledger; 0 for a cell started by hand, whose
        cluster is not known.
    model
        Name of the trainer.
    rates
        What was measured.
    facts
        Provenance of the attempt.
    """
    if not rates or not record:
        return
    device, host = ("cuda", facts["gpu"]) if facts["gpu"] else ("cpu", facts["cpu"])
    try:
        profile = str(store.ledger.read(record).profile["name"])
        store.rates.keep(profile, model, device, host, rates)
    except Exception as error:  # noqa: BLE001 - the cell is done, whatever this says
        LOG.warning("the rates were not kept: %r", error)
