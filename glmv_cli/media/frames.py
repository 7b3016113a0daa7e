"""What decoding yields: pixels, and for films the time of each kept frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A picture as it is meant to be seen: upright, without alpha. ``pixels`` is RGB, ``[H, W, 3]``.

    ``own_size`` is its height and width, after rotation, if the pixels are in the size in which a model sees it.
    """

    pixels: Pixels
    own_size: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        """Pixels across, after rotation."""
        return int(self.pixels.shape[1]) if self.own_size is None else self.own_size[1]

    @property
    def height(self) -> int:
        """Pixels down, after rotation."""
        return int(self.pixels.shape[0]) if self.own_size is None else self.own_size[0]


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a film is, known before its frames are decoded. Sizes are square pixels after rotation, times seconds."""

    total_frames: int
    """How many frames the file really holds; an estimate only where packets turn out to be damaged."""
    fps: float
    """Average frames a second, above 0."""
    duration: float
    """From the first frame to the end of the last one."""
    width: int
    height: int
    missing: float = 0.0
    """How much film the container announces but, cut short, does not hold."""
    start: float = 0.0
    """When the first frame is shown, by the film's clock: sound may begin earlier."""


FrameSampler: TypeAlias = Callable[[VideoInfo], Sequence[int]]
"""Chooses which frames to keep: indices below ``total_frames``, ascending, repeats allowed, at least one.

A film of variable rate is told to it in equal ticks instead of frames; a tick is the frame that is on the screen then.
Raises ``MediaError``, without the film's name, if there is nothing in it to choose.
"""

FrameFit: TypeAlias = Callable[[int, int, int], tuple[int, int]]
"""How large a model wants kept frames, or a page: their number, height and width → height and width."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedVideo:
    """The kept frames of a film: RGB, upright, ``[T, H, W, 3]``, in the size that was asked for.

    ``times[t]`` is when frame ``t`` is shown, in seconds by the film's own clock, which begins with its first frame,
    or with its sound, if that is earlier. ``T`` is less than what the sampler asked for if the film is damaged;
    ``notice`` then says so.
    """

    frames: Pixels
    times: tuple[float, ...]
    info: VideoInfo
    notice: str | None = None


DecodedMedia: TypeAlias = DecodedImage | DecodedVideo


def check_choice(wanted: Sequence[int], total: int) -> Sequence[int]:
    """Hold samplers to their contract; a breach is a bug of ours, not of the film."""
    if len(wanted) == 0 or wanted[0] < 0 or wanted[-1] >= total or any(a > b for a, b in pairwise(wanted)):
        raise ValueError(f"a sampler must choose ascending frames below {total}, at least one")
    return wanted
