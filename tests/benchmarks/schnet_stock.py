"""schnetpack's side of the SchNet benchmark: its tutorial on force models, on frames of ours.

What the tutorial writes is kept: an ASE database, an `AtomsDataModule` with its transforms, a
`NeuralNetworkPotential`, an `AtomisticTask` with mean absolute errors, a Lightning `Trainer` with
TensorBoard's log. Three things are otherwise. `inference_mode=False` is from schnetpack's own
configuration files; without it Lightning 2 cannot validate forces. The progress bar is off. And no
checkpoints are written, as none are on the other side while it is timed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

# First, since schnetpack cannot be imported without what this puts right.
from hpcmlff.models.schnet import compat  # noqa: F401 # isort: skip

import pytorch_lightning as pl
import schnetpack as spk
import schnetpack.transform as trn
import torch
import torchmetrics
from ase import Atoms
from schnet_times import Stages, now
from schnetpack.data import ASEAtomsData, AtomsDataModule
from schnetpack.data.loader import _atoms_collate_fn

if TYPE_CHECKING:
    from schnet_given import Side

ENERGY, FORCES = "energy", "forces"
_UNITS = {ENERGY: "kcal/mol", FORCES: "kcal/mol/Ang"}
_LISTS = {"ase": trn.ASENeighborList, "matscipy": trn.MatScipyNeighborList}


def write_database(side: Side) -> None:
    """Write training frames, then validation frames, and the file that says which are which."""
    dataset = ASEAtomsData.create(
        str(side.database), distance_unit="Ang", property_unit_dict=_UNITS
    )
    for samples in (side.train, side.validation):
        atoms = [Atoms(side.species, positions) for positions in samples.positions]
        labels = zip(samples.energies, samples.forces, strict=True)
        dataset.add_systems([{ENERGY: np.array([e]), FORCES: f} for e, f in labels], atoms)
    n_train, n_all = len(side.train.energies), len(dataset)
    parts = {"train_idx": np.arange(n_train), "val_idx": np.arange(n_train, n_all)}
    np.savez(_split(side), **parts, test_idx=np.arange(0))


def _split(side: Side) -> Path:
    return side.database.with_name("split.npz")


def data_module(side: Side) -> AtomsDataModule:
    """Return the database as Lightning wants it, set up."""
    settings = side.settings()
    module = AtomsDataModule(
        str(side.database),
        batch_size=settings.batch_size,
        num_train=len(side.train.energies),
        num_val=len(side.validation.energies),
        split_file=str(_split(side)),
        distance_unit="Ang",
        property_units=_UNITS,
        transforms=[
            _LISTS[side.neighbours](cutoff=settings.cutoff),
            trn.RemoveOffsets(ENERGY, remove_mean=True, remove_atomrefs=False),
            trn.CastTo32(),
        ],
        num_workers=side.workers,
        pin_memory=False,
    )
    module.prepare_data()
    module.setup()
    return module


def atomistic_task(side: Side) -> Any:
    """Return model, losses and optimiser."""
    settings = side.settings()
    representation = spk.representation.SchNet(
        n_atom_basis=settings.features,
        n_interactions=settings.interactions,
        radial_basis=spk.nn.GaussianRBF(n_rbf=settings.gaussians, cutoff=settings.cutoff),
        cutoff_fn=spk.nn.CosineCutoff(settings.cutoff),
    )
    model = spk.model.NeuralNetworkPotential(
        representation=representation,
        input_modules=[spk.atomistic.PairwiseDistances()],
        output_modules=[
            spk.atomistic.Atomwise(n_in=settings.features, output_key=ENERGY),
            spk.atomistic.Forces(energy_key=ENERGY, force_key=FORCES),
        ],
        postprocessors=[
            trn.CastTo64(),
            trn.AddOffsets(ENERGY, add_mean=True, add_atomrefs=False),
        ],
    )
    return spk.task.AtomisticTask(
        model=model,
        outputs=[
            _output(ENERGY, settings.energy_weight),
            _output(FORCES, settings.force_weight),
        ],
        optimizer_cls=torch.optim.AdamW,
        optimizer_args={"lr": settings.learning_rate},
    )


def _output(name: str, weight: float) -> Any:
    return spk.task.ModelOutput(
        name=name,
        loss_fn=torch.nn.MSELoss(),
        loss_weight=weight,
        metrics={"MAE": torchmetrics.MeanAbsoluteError()},
    )


class Clock(pl.Callback):
    """Notes when steps and passes begin and end, and ends the training after a while.

    Parameters
    ----------
    stages
        Where the ends of the first two steps are noted.
    warm_up
        Passes through the training frames that do not count.
    seconds
        How long those that count should last in all.
    """

    def __init__(self, stages: Stages, warm_up: int, seconds: float) -> None:
        self._stages, self._warm_up, self._seconds = stages, warm_up, seconds
        self.begins: list[tuple[float, float]] = []
        """When each pass began, as `now` tells it."""

    def on_train_batch_end(self, *_: Any) -> None:
        self._stages.end_step()

    def on_train_epoch_start(self, *_: Any) -> None:
        self.begins.append(now())

    def on_train_epoch_end(self, trainer: pl.Trainer, _: Any) -> None:
        counting = self.begins[self._warm_up :]
        # A pass lasts until the next one begins; so the one that ends here does not count.
        if counting and counting[-1][0] - counting[0][0] >= self._seconds:
            trainer.should_stop = True


def train(side: Side, clock: Clock, stages: Stages, max_steps: int = -1) -> None:
    """Train until the clock says so, or for so many steps."""
    module = data_module(side)
    stages.end("data_module")
    task = atomistic_task(side)
    stages.end("build")
    trainer = pl.Trainer(
        accelerator="cpu",
        callbacks=[clock],
        logger=pl.loggers.TensorBoardLogger(save_dir=str(Path.cwd())),
        default_root_dir=str(Path.cwd()),
        max_epochs=-1,
        max_steps=max_steps,
        inference_mode=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(task, datamodule=module)


def gradient_of(side: Side, weights: dict[str, Any]) -> tuple[float, dict[str, torch.Tensor]]:
    """Return loss and gradient of the first training frames, from the database, for weights."""
    module, task = data_module(side), atomistic_task(side)
    named = dict(task.model.named_parameters())
    for name, weight in named.items():
        weight.data = torch.tensor(weights[name])
    frames = [module.train_dataset[k] for k in range(side.settings().batch_size)]
    batch = _atoms_collate_fn(frames)
    targets = {name: batch[name] for name in (ENERGY, FORCES)}
    loss = task.loss_fn(task.predict_without_postprocessing(batch), targets)
    parts = torch.autograd.grad(loss, list(named.values()))
    return float(loss), dict(zip(named, parts, strict=True))
