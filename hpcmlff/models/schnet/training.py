"""A SchNet training in progress: AdamW, a cosine, averaged weights, the best of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hpcmlff.errors import Diverged
from hpcmlff.models.protocol import Size
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.batches import order
from hpcmlff.models.schnet.estimate import step_s
from hpcmlff.models.schnet.labelled import Labelled
from hpcmlff.models.schnet.timing import StepTimer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Task
    from hpcmlff.models.schnet.settings import SchNetSettings

_NEVER = 2**62


class Training:
    """All that changes from step to step, and what the steps need.

    The order of the frames, the learning rate, Adam's and the average's counts all
    follow from the seed and the number of steps done; only vectors have to be kept.

    Parameters
    ----------
    task
        The task.
    """

    def __init__(self, task: Task) -> None:
        self._seed = task.seed
        self._settings: SchNetSettings = task.settings
        self.steps: int = self._settings.budget(len(task.train.energies))
        self.mean_kcal_mol = float(np.mean(task.train.energies))
        self._train = Labelled(task, task.train, self.mean_kcal_mol)
        self._validation = Labelled(task, task.validation, self.mean_kcal_mol)
        device, n_atoms = task.allocation.device, len(task.species)
        self._network = networks.build(self._settings, n_atoms, self._seed).to(device).train()
        self._averaged = networks.build(self._settings, n_atoms).to(device).eval()
        self._averaged.requires_grad_(requires_grad=False)
        weights = networks.flatten(self._network)
        self._vectors = {name: weights.clone() for name in ("weights", "average", "best")}
        self._vectors |= {name: torch.zeros_like(weights) for name in ("adam_mean", "adam_square")}
        networks.attach(self._network, self._vectors["weights"])
        networks.attach(self._averaged, self._vectors["average"])
        self._optimiser, self._adam_step = self._adamw()
        self._bad_step = torch.tensor(_NEVER, device=device)
        self.timer = StepTimer()
        self.expected_step_s = step_s(self._settings, _size(task))
        self.step = 0
        self.loss = math.nan
        self.best_loss = math.inf

    def _adamw(self) -> tuple[torch.optim.AdamW, Tensor]:
        weights = nn.Parameter(self._vectors["weights"])
        decay = self._settings.weight_decay
        optimiser = torch.optim.AdamW([weights], weight_decay=decay, fused=True)
        count = torch.zeros((), dtype=torch.float32, device=weights.device)
        optimiser.state[weights] = {
            "step": count,
            "exp_avg": self._vectors["adam_mean"],
            "exp_avg_sq": self._vectors["adam_square"],
        }
        return optimiser, count

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.steps

    def advance(self) -> None:
        """Make one step, and validate where it is due.

        Raises
        ------
        Diverged
            A validation found that the loss is no longer a number.
        """
        self._descend(self._gradient())
        self._average()
        if self.step % self._settings.validate_every == 0 or self.finished:
            self.check()
            self._validate()

    def _gradient(self) -> Tensor:
        weights = list(self._network.parameters())
        loss = self._train.loss(self._network, self._batch(), self._settings)
        # Noted on the device and read later: asking at each step would stop a GPU.
        now = torch.clamp(self._bad_step, max=self.step + 1)
        self._bad_step = torch.where(torch.isfinite(loss.detach()), self._bad_step, now)
        parts = torch.autograd.grad(loss, weights)
        gradient = torch.cat([part.reshape(-1) for part in parts])
        longest = self._settings.gradient_norm
        if longest is not None:
            gradient *= torch.clamp(longest / (gradient.norm() + 1e-6), max=1.0)
        return gradient

    def _batch(self) -> NDArray[np.int64]:
        n_frames = len(self._train.geometries)
        size = min(self._settings.batch_size, n_frames)
        # A remainder is left out of this pass; the next one has another order.
        epoch, k = divmod(self.step, n_frames // size)
        return order(self._seed, epoch, n_frames)[k * size : (k + 1) * size]

    def _descend(self, gradient: Tensor) -> None:
        group = self._optimiser.param_groups[0]
        turn = math.pi * self.step / self.steps
        group["lr"] = self._settings.learning_rate * 0.5 * (1.0 + math.cos(turn))
        group["params"][0].grad = gradient
        self._optimiser.step()
        self.step += 1

    def _average(self) -> None:
        # The first steps weigh more, or the random start would linger in the average.
        decay = min(self._settings.ema_decay, (1 + self.step) / (10 + self.step))
        self._vectors["average"].lerp_(self._vectors["weights"], 1.0 - decay)

    def _validate(self) -> None:
        frames = self._validation.geometries
        total = torch.zeros((), dtype=torch.float64, device=self._bad_step.device)
        for chunk in frames.chunks():
            loss = self._validation.loss(self._averaged, chunk, self._settings)
            total += loss.detach() * (len(chunk) / len(frames))
        self.loss = float(total)
        if not math.isfinite(self.loss):
            raise self._not_finite("validation", self.step)
        if self.loss < self.best_loss:
            self.best_loss = self.loss
            self._vectors["best"].copy_(self._vectors["average"])

    def check(self) -> None:
        """Refuse to go on once the training loss was not a number.

        Raises
        ------
        Diverged
            Names the first such step and the setting to change.
        """
        bad_step = int(self._bad_step)
        if bad_step != _NEVER:
            raise self._not_finite("training", bad_step)

    def _not_finite(self, which: str, step: int) -> Diverged:
        return Diverged(
            f"the {which} loss of SchNet is not a finite number at step {step}",
            hint=f"Lower learning_rate (now {self._settings.learning_rate:g}),"
            " or set gradient_norm to a number such as 10",
        )

    def arrays(self) -> Arrays:
        """Return copies of all vectors, the number of steps done and the losses."""
        kept = {name: vector.cpu().numpy().copy() for name, vector in self._vectors.items()}
        losses = np.array([self.loss, self.best_loss])
        return {"step": np.array([self.step]), "losses": losses, **kept}

    def restore(self, arrays: Arrays) -> None:
        """Take over what `arrays` returned."""
        self.step = int(arrays["step"][0])
        self._adam_step.fill_(self.step)
        self.loss, self.best_loss = (float(loss) for loss in arrays["losses"])
        for name, vector in self._vectors.items():
            # Copied in place: the networks' weights are views of these vectors.
            vector.copy_(torch.tensor(arrays[name]))

    def best(self) -> dict[str, NDArray[np.float32]]:
        """Return the averaged weights of the best validation, by name."""
        return networks.named(self._network, self._vectors["best"])


def _size(task: Task) -> Size:
    return Size(
        n_atoms=len(task.species),
        n_train=len(task.train.energies),
        n_validation=len(task.validation.energies),
        threads=task.allocation.threads,
    )
