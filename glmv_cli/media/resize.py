"""Resizing as the models' processors do it: bicubic with antialiasing, in bytes."""

from __future__ import annotations

import numpy as np
from PIL import Image

from glmv_cli.media.frames import Pixels
from glmv_cli.media.workers import bands, each

_FILTER = Image.Resampling.BICUBIC
_FRAMES = 4
"""Frames that a thread takes at a time."""


def resize_picture(image: Image.Image, height: int, width: int) -> Pixels:
    """An RGB picture → ``[height, width, 3]``, writable: by Pillow, as the library's processors of pictures."""
    return np.array(image.resize((width, height), _FILTER))


def resize(frame: Pixels, height: int, width: int) -> Pixels:
    """A frame of a film, ``[H, W, 3]`` → ``[height, width, 3]``: as torchvision, by two levels of 255 at most.

    What is between rows and columns is rounded and cut off at 0 and 255, so it matters which come first. That is
    rows there, and what is cheaper in Pillow 13.
    """
    if frame.shape[:2] == (height, width):
        return frame
    rows = Image.fromarray(frame).resize((width, frame.shape[0]), _FILTER)
    return np.asarray(rows.resize((width, height), _FILTER))


def resize_frames(frames: Pixels, height: int, width: int) -> Pixels:
    """A film, ``[T, H, W, 3]`` → ``[T, height, width, 3]``, in threads."""
    if frames.shape[1:3] == (height, width):
        return frames
    resized = np.empty((len(frames), height, width, 3), np.uint8)

    def shrink(part: tuple[int, int]) -> None:
        for index in range(*part):
            resized[index] = resize(frames[index], height, width)

    each(shrink, bands(len(frames), _FRAMES))
    return resized
