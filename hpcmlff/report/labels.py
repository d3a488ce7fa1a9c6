"""What the columns of result rows are called, their units and their definitions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """How one column is shown to people."""

    name: str
    """Short name."""
    unit: str = ""
    """Unit; empty for numbers without one."""
    definition: str = ""
    """What the number is, in a few words."""

    @property
    def heading(self) -> str:
        """Name and unit, such as ``force RMSE (kcal/mol/Å)``."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


_PER_MOLECULE = "per molecule (not per atom), over the test frames"
_PER_COMPONENT = "per Cartesian component, over all atoms and test frames"

LABELS = {
    "model": Label(name="model"),
    "molecule": Label(name="molecule"),
    "size": Label(name="size", definition="number of training frames asked for"),
    "seed": Label(name="seed"),
    "cell_id": Label(name="cell"),
    "state": Label(name="state"),
    "energy_mae_kcal_mol": Label(
        name="energy MAE", unit="kcal/mol", definition=f"mean absolute error {_PER_MOLECULE}"
    ),
    "energy_rmse_kcal_mol": Label(
        name="energy RMSE", unit="kcal/mol", definition=f"root mean square error {_PER_MOLECULE}"
    ),
    "force_mae_kcal_mol_ang": Label(
        name="force MAE", unit="kcal/mol/Å", definition=f"mean absolute error {_PER_COMPONENT}"
    ),
    "force_rmse_kcal_mol_ang": Label(
        name="force RMSE", unit="kcal/mol/Å", definition=f"root mean square error {_PER_COMPONENT}"
    ),
    "n_train": Label(name="training frames"),
    "n_test": Label(name="test frames"),
    "train_s": Label(name="training time", unit="s"),
    "attempts": Label(name="attempts"),
    "cpu_s": Label(name="CPU time", unit="s"),
    "peak_mem_gb": Label(name="peak memory", unit="GiB"),
    "energy_bias_kcal_mol": Label(
        name="energy bias", unit="kcal/mol", definition="mean signed error of the test energies"
    ),
    "core_h": Label(name="core-hours", definition="cores times wall time, of all attempts"),
    "gpu_h": Label(name="GPU-hours", definition="GPUs times wall time, of all attempts"),
    "requested_core_h": Label(
        name="requested core-hours", definition="cores times the walltime asked of a scheduler"
    ),
    "lost_core_h": Label(
        name="lost core-hours",
        definition="part of them done in vain: by attempts that were killed, preempted or failed",
    ),
    "findings": Label(name="findings", definition="names of the quality checks that found it"),
    "reason": Label(name="reason", definition="why the cell stands where it stands"),
}
"""Column name to label, in the order in which tables show the columns."""

OPTIONAL = frozenset(
    {"cpu_s", "peak_mem_gb", "energy_bias_kcal_mol", "core_h", "gpu_h", "requested_core_h"}
    | {"lost_core_h", "findings", "reason"}
)
"""Columns that rows need not have."""

SPREAD = "sample standard deviation over seeds"
"""What stands behind ± and what the error bars of the plots are."""


def heading(column: str) -> str:
    """Return name and unit of a column; a hyperparameter's name is its own heading."""
    return LABELS[column].heading if column in LABELS else column
