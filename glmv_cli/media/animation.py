"""Animated pictures (GIF, WebP, PNG, AVIF) as short films."""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.animated import list_frames
from glmv_cli.media.colour import to_rgb
from glmv_cli.media.frames import DecodedVideo, FrameFit, FrameSampler, Pixels, VideoInfo, check_choice
from glmv_cli.media.limits import check_size
from glmv_cli.media.picture_file import DAMAGE, open_picture
from glmv_cli.media.resize import resize
from glmv_cli.media.source import open_bytes
from glmv_cli.messages import MediaSource

_SHORTEST_MS, _USUAL_MS = 10, 100
"""Browsers show frames that state a shorter time than the first for the second."""
_LONGEST_MS = 60_000
_MOST_TICKS = 100_000
_WHOLE_FRAMES = 100
"""Of as many pixels as one may have: to reach a frame, all before it are laid over each other, and a file of some
kilobytes can hold thousands.
"""


@dataclass(frozen=True, slots=True)
class ChosenTicks:
    """What of an animation is to be decoded; see :class:`~glmv_cli.media.outlook.FilmChoice`.

    Frames of an animation last as long as they like, and samplers think in constant rates. So the sampler is shown a
    film of many equal ticks, each the greatest common divisor of the frames' lengths, and gets for a tick the frame
    that is then on the screen.
    """

    source: MediaSource
    clock: Clock
    wanted: Sequence[int]
    max_pixels: int

    @classmethod
    def of(cls, source: MediaSource, sampler: FrameSampler, *, max_pixels: int) -> ChosenTicks:
        """Raises ``MediaError`` for a frame of more than ``max_pixels``, or very many frames of them, and
        ``InputNotFoundError`` if the file cannot be opened any more.
        """
        clock = _read_clock(source, max_pixels)
        return cls(source, clock, check_choice(sampler(clock.info), clock.info.total_frames), max_pixels)

    @property
    def info(self) -> VideoInfo:
        """What samplers are told: ticks instead of frames."""
        return self.clock.info

    @property
    def times(self) -> tuple[float, ...]:
        """Of the ticks, in seconds."""
        return tuple(index * self.clock.tick / 1000 for index in self.wanted)

    def read(self, fit: FrameFit | None = None) -> DecodedVideo:
        """Decode them; alpha is laid over white.

        Raises:
            MediaError: damaged from the first chosen frame on.
            InputNotFoundError: the file cannot be opened any more.
            MemoryShortageError: the chosen frames do not fit in memory.
        """
        info, wanted, name = self.info, self.wanted, self.source.name
        height, width = fit(len(wanted), info.height, info.width) if fit else (info.height, info.width)
        with open_picture(self.source, max_pixels=self.max_pixels) as image:
            frames = np.empty((len(wanted), height, width, 3), dtype=np.uint8)
            kept = _keep(image, [bisect_right(self.clock.ends, index * self.clock.tick) for index in wanted], frames)
        if not kept:
            raise MediaError(f"{name} is damaged: none of its frames can be decoded", hint="fetch it again")
        times = self.times[:kept]
        notice = None
        if kept < len(wanted):
            notice = f"{name} is damaged: only {kept} of {len(wanted)} frames, up to {times[-1]:.1f} s, can be used"
        return DecodedVideo(frames[:kept], times, info, notice)


@dataclass(frozen=True, slots=True)
class Clock:
    """When each frame ends, and the tick, in milliseconds."""

    info: VideoInfo
    ends: list[int]
    tick: int


def _read_clock(source: MediaSource, max_pixels: int) -> Clock:
    """By the blocks of the file, where these tell: to decode all frames takes as long as what is done with them."""
    with open_picture(source, max_pixels=max_pixels) as image, open_bytes(source) as file:
        listed = list_frames(file)
        if listed is None:
            _check_work(source.name, getattr(image, "n_frames", 1), image.size, max_pixels)
            lengths, (width, height) = _decoded_lengths(image), image.size
        else:
            frames = list(listed)
            _check_work(source.name, len(frames), image.size, max_pixels)
            lengths = [_shown_for(frame.milliseconds) for frame in frames] or [_USUAL_MS]
            # A frame of a GIF may be larger than its screen, which then grows.
            width = max(image.width, max((frame.right for frame in frames), default=0))
            height = max(image.height, max((frame.bottom for frame in frames), default=0))
            check_size(source.name, width, height, max_pixels)
    ends = list(accumulate(lengths))
    tick = max(math.gcd(*ends), -(-ends[-1] // _MOST_TICKS))
    return Clock(VideoInfo(max(1, ends[-1] // tick), 1000 / tick, ends[-1] / 1000, width, height), ends, tick)


def _check_work(name: str, frames: int, size: tuple[int, int], max_pixels: int) -> None:
    pixels = frames * size[0] * size[1]
    if pixels > _WHOLE_FRAMES * max_pixels:
        raise MediaError(
            f"{name} has {frames:,} frames of {size[0]}x{size[1]}, {pixels:,} pixels in all, more than the "
            f"limit of {_WHOLE_FRAMES * max_pixels:,}",
            f"show its first frame, with --animated first, or allow it with --max-pixels {-(-pixels // _WHOLE_FRAMES)}",
        )


def _decoded_lengths(image: Image.Image) -> list[int]:
    """For how many milliseconds each frame is shown, as far as they can be decoded."""
    lengths: list[int] = []
    with contextlib.suppress(*DAMAGE):
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            lengths.append(_shown_for(image.info.get("duration", 0)))
    return lengths or [_USUAL_MS]


def _shown_for(milliseconds: float) -> int:
    length = round(milliseconds)
    return min(length, _LONGEST_MS) if length >= _SHORTEST_MS else _USUAL_MS


def _keep(image: Image.Image, shown: list[int], frames: Pixels) -> int:
    """Decode the frames ``shown`` into ``frames``; return how many there are before the first damage."""
    height, width = frames.shape[1:3]
    for at, index in enumerate(shown):
        if at and index == shown[at - 1]:
            frames[at] = frames[at - 1]
            continue
        try:
            image.seek(index)
            image.load()
            frames[at] = resize(np.asarray(to_rgb(image)), height, width)
        except DAMAGE:
            return at
    return len(shown)
