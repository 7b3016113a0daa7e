"""How many pixels a picture or a frame may have before anything is decoded."""

from __future__ import annotations

from glmv_cli.config import DEFAULTS
from glmv_cli.errors import MediaError

DEFAULT_MAX_PIXELS = DEFAULTS.max_pixels


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Raise ``MediaError`` if ``width`` x ``height`` exceeds ``max_pixels``."""
    pixels = width * height
    if pixels > max_pixels:
        raise MediaError(
            f"{name} has {pixels:,} pixels ({width}x{height}), more than the limit of {max_pixels:,}",
            hint=f"if you trust the file, allow it with --max-pixels {pixels}, or make it smaller first",
        )
