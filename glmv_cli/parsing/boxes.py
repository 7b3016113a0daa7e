"""Rectangles which a model writes into its answer.

GLM-V models write ``[[x1,y1,x2,y2]]`` with the origin at the top left, each value divided by the picture's
width (x) or height (y) and multiplied by 1000; in practice the numbers are 0 to 999.
Source: "Grounding" in the README of https://github.com/zai-org/GLM-V.
"""

from __future__ import annotations

import re

from glmv_cli.events import Box

SCALE = 1000
"""The width and the height of every picture in the model's coordinates."""

_NUMBER = r"\s*([0-9]+(?:\.[0-9]+)?)\s*"
_BOX = re.compile(r"\[" + ",".join([_NUMBER] * 4) + r"\]")


def find_boxes(text: str) -> list[tuple[int, int, int, int]]:
    """All boxes ``(x1, y1, x2, y2)`` in ``text``, in order, as the model wrote them, rounded to 0…1000.

    One box may stand in one or two pairs of brackets; several may share an outer pair. Lists of another
    length, and with numbers outside the scale, are no boxes.
    """
    boxes = []
    for match in _BOX.finditer(text):
        x1, y1, x2, y2 = map(float, match.groups())
        if max(x1, y1, x2, y2) <= SCALE:
            boxes.append((round(x1), round(y1), round(x2), round(y2)))
    return boxes


def to_pixels(box: tuple[int, int, int, int], width: int, height: int) -> Box:
    """``box`` on the 0…1000 scale as a rectangle in a picture of ``width`` × ``height`` pixels.

    Coordinates are edges between pixels, so the whole picture is ``0, 0, width, height``. Corners are put in
    order.
    """
    x1, x2 = sorted(_to_pixel(x, width) for x in (box[0], box[2]))
    y1, y2 = sorted(_to_pixel(y, height) for y in (box[1], box[3]))
    return Box(x1, y1, x2, y2)


def _to_pixel(value: int, size: int) -> int:
    return min(max(round(value * size / SCALE), 0), size)
