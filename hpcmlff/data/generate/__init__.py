"""Frames made by GFN2-xTB: free dynamics, or azobenzene driven along its bridge."""

from hpcmlff.data.generate.run import check_recipe, generate_frames
from hpcmlff.data.generate.showing import showing

__all__ = ["check_recipe", "generate_frames", "showing"]
