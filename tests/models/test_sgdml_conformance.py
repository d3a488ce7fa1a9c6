from __future__ import annotations

from typing import ClassVar

from hpcmlff.models.sgdml import SGDML
from hpcmlff.testing.trainers import TrainerConformance


class TestSgdml(TrainerConformance):
    entry = SGDML
    settings: ClassVar = {"sigma": [3, 5, 8, 12, 20, 30, 45, 70]}
    random = False


class TestSgdmlByIteration(TrainerConformance):
    entry = SGDML
    settings: ClassVar = {"sigma": [8, 12, 20], "solver": "cg", "lam": 1e-6}
