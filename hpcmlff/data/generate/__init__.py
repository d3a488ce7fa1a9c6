"""Frames made by GFN2-xTB: free dynamics, or azobenzene driven along its bridge."""

from hpcmlff.data.generate.run import generate_frames

__all__ = ["generate_frames"]
