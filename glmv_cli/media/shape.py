"""How large the frames of a film are shown: their pixels need not be square."""

from __future__ import annotations

from fractions import Fraction

_LARGEST_RATIO = 8
"""Sides of a pixel; real films have less than 3, and damaged headers anything."""


def shown_size(width: int, height: int, pixel: Fraction | None) -> tuple[int, int]:
    """Width and height in square pixels; ``pixel`` is the width of one by its height.

    The side that is too short grows, so that nothing is lost.
    """
    if not pixel or pixel < 0 or max(pixel, 1 / pixel) > _LARGEST_RATIO:
        return width, height
    if pixel > 1:
        return round(width * pixel), height
    return width, round(height / pixel)
