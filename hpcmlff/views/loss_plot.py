"""A loss curve in plain letters, for terminals without fonts or colours; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[int, float]
"""A step and the loss then."""


def loss_plot(points: Sequence[Point], width: int = 72, height: int = 12) -> list[str]:
    """Draw losses against steps, on a logarithmic scale if all of them are positive.

    Parameters
    ----------
    points
        By rising step; not empty.
    width, height
        Columns and lines in all.

    Returns
    -------
    list of str
        The lines, none longer than `width`.
    """
    values = [loss for _, loss in points]
    scale = math.log10 if min(values) > 0 else float
    marks = [f"{value:.3g}" for value in (max(values), min(values))]
    margin = max(map(len, marks))
    columns, rows = max(2, width - margin - 2), max(2, height - 2)
    grid = _drawn([(step, scale(loss)) for step, loss in points], columns, rows)
    labels = [marks[0], *[""] * (rows - 2), marks[1]]
    if marks[0] == marks[1]:
        labels = [marks[0] if "*" in row else "" for row in grid]
    pairs = zip(labels, grid, strict=True)
    lines = [f"{label:>{margin}} |{''.join(row)}".rstrip() for label, row in pairs]
    return [*lines, f"{'':{margin}} +{'-' * columns}", _axis(points, margin + 2, width)]


def _drawn(points: Sequence[tuple[int, float]], columns: int, rows: int) -> list[list[str]]:
    first, last = points[0][0], points[-1][0]
    low, high = min(y for _, y in points), max(y for _, y in points)
    grid = [[" "] * columns for _ in range(rows)]
    for step, y in points:
        column = round((step - first) / max(1, last - first) * (columns - 1))
        row = round((high - y) / (high - low) * (rows - 1)) if high > low else rows // 2
        grid[row][column] = "*"
    return grid


def _axis(points: Sequence[Point], margin: int, width: int) -> str:
    first, last = f"{points[0][0]:,}", f"step {points[-1][0]:,}"
    room = width - margin - len(first)
    return f"{'':{margin}}{first}{last:>{room}}"
