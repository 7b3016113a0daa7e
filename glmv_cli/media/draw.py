"""Boxes drawn on a picture, as the model has seen it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.events import Box
from glmv_cli.media.image import read_image
from glmv_cli.messages import MediaSource

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
_COLORS = ("#ff2d55", "#00b0ff", "#00c853", "#ffab00", "#d500f9")
_PARTS = 150
"""The shorter side is that many lines wide."""


def format_of(path: Path) -> str:
    """Pillow's name of the format that the ending of ``path`` means. Raises :class:`UsageError` for another."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"{path} does not end like a picture", f"let it end in {', '.join(FORMATS)}") from None


def draw_boxes(source: MediaSource, boxes: Sequence[Box], kind: str, *, max_pixels: int, page_seconds: float) -> bytes:
    """``source``, upright and over white, with a frame around each box; encoded as ``kind``, one of :data:`FORMATS`.

    A frame lies inside its box, as far as that has room for it. Raises what :func:`read_image` does, and
    :class:`MediaError` if the picture is too large for the format.
    """
    image = Image.fromarray(read_image(source, max_pixels=max_pixels, page_seconds=page_seconds).pixels)
    pen = ImageDraw.Draw(image)
    width = max(2, min(image.size) // _PARTS)
    for number, box in enumerate(boxes):
        # Edges lie between pixels, and Pillow wants the last pixel.
        right, bottom = max(box.x1, box.x2 - 1), max(box.y1, box.y2 - 1)
        pen.rectangle((box.x1, box.y1, right, bottom), outline=_COLORS[number % len(_COLORS)], width=width)
    encoded = io.BytesIO()
    try:
        image.save(encoded, kind, quality=95)
    except (OSError, ValueError) as error:  # WebP has at most 16,383 pixels in a row, JPEG 65,500
        raise MediaError(f"{source.name} cannot be written as {kind}: {error}", "let the name end in .png") from error
    return encoded.getvalue()
