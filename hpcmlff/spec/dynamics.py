"""Settings of molecular dynamics with a trained model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from hpcmlff.spec.strict import Strict

FS_PER_PS = 1000.0


class MdSettings(Strict):
    """All that decides a trajectory, beside the model and the start."""

    thermostat: Literal["nve", "langevin"] = "nve"
    """Constant energy by velocity Verlet, or Langevin dynamics."""
    time_ps: float = Field(default=10.0, gt=0)
    """Length, without equilibration."""
    step_fs: float = Field(default=0.5, gt=0, le=10.0)
    """Time step; hydrogen atoms need a short one."""
    temperature_k: float = Field(default=300.0, gt=0)
    """Temperature of the equilibration, and of the thermostat."""
    friction_per_ps: float = Field(default=10.0, gt=0)
    """Friction of Langevin dynamics, that of the equilibration as well."""
    equilibration_ps: float = Field(default=1.0, ge=0)
    """Langevin dynamics before the first frame; 0 for none."""
    every: int = Field(default=10, ge=1)
    """Steps from one frame to the next."""
    seed: int = Field(default=0, ge=0)
    """Chooses velocities and thermal noise."""
    broken_factor: float = Field(default=1.5, gt=1.0)
    """A bond this many times longer than its mean in the data counts as broken."""

    @model_validator(mode="after")
    def _frames(self) -> MdSettings:
        if self.n_frames < 2:
            raise ValueError(f"{self.time_ps} ps make no frame: raise 'time_ps' or lower 'every'")
        return self

    @property
    def equilibration_steps(self) -> int:
        """Steps before the first frame."""
        return round(FS_PER_PS * self.equilibration_ps / self.step_fs)

    @property
    def n_frames(self) -> int:
        """Frames, that at the beginning included."""
        return 1 + round(FS_PER_PS * self.time_ps / self.step_fs) // self.every

    @property
    def n_steps(self) -> int:
        """Steps in all."""
        return self.equilibration_steps + (self.n_frames - 1) * self.every
