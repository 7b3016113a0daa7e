"""Resizing as the models' image processors do it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from glmv_cli.media.frames import Pixels


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """``[H, W, 3]`` → ``[height, width, 3]``, bicubic with antialiasing."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
