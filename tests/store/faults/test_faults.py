"""Every fault campaign with a few rounds; `long.py` has the full counts."""

from __future__ import annotations

import pytest
from store.faults.campaign import Campaign
from store.faults.table import CAMPAIGNS, carry_out

SEED = 20240917


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda one: one.name)
def test_nothing_acknowledged_is_ever_lost(
    campaign: Campaign, record_fault: pytest.FixtureRequest
) -> None:
    outcome, _ = carry_out(campaign, campaign.short, SEED)
    record_fault((campaign, outcome, SEED))  # type: ignore[operator]
    assert outcome.violations == []
    assert outcome.rounds >= campaign.short
