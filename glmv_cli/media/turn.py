"""How a film's pixels are turned to be shown: phones film sideways and say so in a display matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from glmv_cli.media.frames import Pixels
from glmv_cli.media.side_data import side_data_of


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the eight ways to lay a rectangle on itself: swap the axes first, then mirror along them."""

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height that are shown."""
        return (height, width) if self.swap else (width, height)

    def apply(self, pixels: Pixels) -> Pixels:
        """``[H, W, 3]`` as decoded to ``[H, W, 3]`` as shown; a view, nothing is copied."""
        if self.swap:
            pixels = pixels.transpose(1, 0, 2)
        return pixels[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


def turn_of(frame: VideoFrame) -> Turn:
    """Read the display matrix of ``frame``; other than right angles go to the nearest one.

    The layout is that of libavutil's ``display.h``, 9 integers ``a b u, c d v, x y w``: a pixel at ``(p, q)``
    goes to ``(a*p + c*q + x, b*p + d*q + y)``.
    """
    if (data := side_data_of(frame).get("DISPLAYMATRIX")) is None:
        return Turn()
    a, b, _, c, d = (int(value) for value in np.frombuffer(data, dtype=np.int32)[:5])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(swap=True, mirror_x=c < 0, mirror_y=b < 0)
    return Turn(mirror_x=a < 0, mirror_y=d < 0)
