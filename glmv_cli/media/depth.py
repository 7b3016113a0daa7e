"""Greys of more than eight bits → bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from glmv_cli.media.workers import bands, each

_BAND = 1 << 20
"""Pixels that a thread takes at a time."""
_SIGNED = 2
"""Of the TIFF tag SampleFormat."""


def is_deep(image: Image.Image) -> bool:
    """Whether a picture is grey with 16 or 32 bits: what Pillow would cut off at 255 instead of scaling it."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def to_eight_bits(image: Image.Image) -> Image.Image:
    """A deep picture → ``L``, or ``LA`` if one of its greys is transparent.

    16-bit values are scaled by the white of the file. Those of 32 bits have no agreed white, so the darkest becomes
    black and the brightest white.
    """
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})  # of TIFF
    values = np.asarray(image)
    transparent = image.info.get("transparency")
    alpha = None
    if isinstance(transparent, int):
        alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
    if image.mode.startswith("I;16"):
        bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]  # 12 are kept in 16
        white_is_zero = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
        grey = _scaled(values, (1 << bits) - 1, white_is_zero)
    elif image.format == "PPM":
        grey = _scaled(values.astype(np.uint16), 65535)  # which Pillow has scaled it to
    elif tags and image.mode == "I" and tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,))[0] != _SIGNED:
        grey = _stretched(values.view(np.uint32))  # Pillow has no mode for these
    else:
        grey = _stretched(values)
    seen = Image.fromarray(grey)
    if alpha is not None:
        seen = Image.merge("LA", (seen, alpha))
    seen.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return seen


def _scaled(values: NDArray[np.uint16], white: int, white_is_zero: bool = False) -> NDArray[np.uint8]:
    """``[H, W]`` from 0..white to 0..255."""
    table = np.clip((np.arange(65536, dtype=np.int64) * 255 + white // 2) // white, 0, 255).astype(np.uint8)
    if white_is_zero:
        table = 255 - table
    grey = np.empty(values.shape, np.uint8)

    def look_up(rows: tuple[int, int]) -> None:
        grey[slice(*rows)] = table[values[slice(*rows)]]

    each(look_up, bands(len(values), _BAND // max(1, values.shape[1])))
    return grey


def _stretched(values: NDArray[Any]) -> NDArray[np.uint8]:
    """``[H, W]``, whatever lies in it, to 0..255; what is no number is 0 before."""
    numbers = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    span = float(np.ptp(numbers)) or 1.0
    grey: NDArray[np.uint8] = np.rint((numbers - numbers.min()) * (255 / span)).astype(np.uint8)
    return grey
