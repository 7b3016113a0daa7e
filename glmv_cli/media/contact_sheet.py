"""A PNG of many frames, each in its own pixels, with what is to be said on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageFont

from glmv_cli.media.frames import Pixels

_GAP, _LINE = 10, 20
_LETTERS = 12
_NARROWEST = 120
"""Room for a caption under thin pictures."""
_PAPER, _INK = "#d8d8d8", "black"
"""Grey: one should see where a white page ends."""
_LARGEST_SIDE = 30_000
"""Many viewers refuse sheets beyond it."""


def write_contact_sheet(frames: Pixels, captions: Sequence[str], file: BinaryIO, *, together: int = 1) -> None:
    """Write ``frames`` ``[T, H, W, 3]``, none resized, each above its caption, as PNG; where: :func:`corners`."""
    count, height, width = frames.shape[:3]
    places = corners(count, height, width, together)
    right, bottom = max(x for x, _ in places), max(y for _, y in places)
    sheet = Image.new("RGB", (right + max(width, _NARROWEST) + _GAP, bottom + height + _LINE + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_LETTERS)
    for frame, caption, (x, y) in zip(frames, captions, places, strict=True):
        sheet.paste(Image.fromarray(frame), (x, y))
        draw.text((x, y + height + 3), caption, fill=_INK, font=font)
    sheet.save(file, "PNG")


def corners(count: int, height: int, width: int, together: int = 1) -> list[tuple[int, int]]:
    """Where each of ``count`` frames begins, x and y: rows from the left that make the sheet about square.

    ``together``: so many frames, those of a temporal patch, stand side by side if there is room.
    """
    cell_width, cell_height = max(width, _NARROWEST) + _GAP, height + _LINE + _GAP
    square = max(1, round(math.sqrt(count * cell_height / cell_width)))
    columns = min(count, -(-square // together) * together, max(1, _LARGEST_SIDE // cell_width))
    return [(_GAP + i % columns * cell_width, _GAP + i // columns * cell_height) for i in range(count)]
