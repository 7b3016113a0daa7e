"""Animated pictures (GIF, WebP, PNG, AVIF) as short films."""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.colour import to_rgb
from glmv_cli.media.frames import DecodedVideo, FrameFit, FrameSampler, Pixels, VideoInfo, check_choice
from glmv_cli.media.limits import check_size
from glmv_cli.media.picture_file import DAMAGE, open_picture
from glmv_cli.media.resize import resize
from glmv_cli.messages import MediaSource

_SHORTEST_MS, _USUAL_MS = 10, 100
"""Browsers show frames that state a shorter time than the first for the second."""
_LONGEST_MS = 60_000
_MOST_TICKS = 100_000
_WHOLE_FRAMES = 100
"""Of as many pixels as one may have: to reach a frame, all before it are laid over each other, and a file of some
kilobytes can hold thousands.
"""


def read_animation(
    source: MediaSource, sampler: FrameSampler, *, max_pixels: int, fit: FrameFit | None = None
) -> DecodedVideo:
    """Decode the frames that ``sampler`` chooses; alpha is laid over white.

    Frames of an animation last as long as they like, and samplers think in constant rates. So the sampler is shown a
    film of many equal ticks, each the greatest common divisor of the frames' lengths, and gets for a tick the frame
    that is then on the screen.

    Raises:
        MediaError: damaged from the first chosen frame on, more than ``max_pixels``, or very many frames of them.
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: the chosen frames do not fit in memory.
    """
    clock = _read_clock(source, max_pixels)
    info, ends, tick = clock.info, clock.ends, clock.tick
    wanted = check_choice(sampler(info), info.total_frames)
    height, width = fit(len(wanted), info.height, info.width) if fit else (info.height, info.width)
    with open_picture(source, max_pixels=max_pixels) as image:
        frames = np.empty((len(wanted), height, width, 3), dtype=np.uint8)
        kept = _keep(image, [bisect_right(ends, index * tick) for index in wanted], frames)
    if not kept:
        raise MediaError(f"{source.name} is damaged: none of its frames can be decoded", hint="fetch it again")
    times = tuple(index * tick / 1000 for index in wanted[:kept])
    notice = None
    if kept < len(wanted):
        notice = f"{source.name} is damaged: only {kept} of {len(wanted)} frames, up to {times[-1]:.1f} s, can be used"
    return DecodedVideo(frames[:kept], times, info, notice)


def animation_info(source: MediaSource, *, max_pixels: int) -> VideoInfo:
    """What samplers are told of an animation: ticks instead of frames. Raises as :func:`read_animation` does."""
    return _read_clock(source, max_pixels).info


@dataclass(frozen=True, slots=True)
class _Clock:
    """When each frame ends, and the tick, in milliseconds."""

    info: VideoInfo
    ends: list[int]
    tick: int


def _read_clock(source: MediaSource, max_pixels: int) -> _Clock:
    with open_picture(source, max_pixels=max_pixels) as image:
        _check_work(source.name, image, max_pixels)
        ends = list(accumulate(_lengths(image)))
        size = image.size
        # A frame of a GIF may be larger than its screen, which then grows.
        check_size(source.name, *size, max_pixels)
    tick = max(math.gcd(*ends), -(-ends[-1] // _MOST_TICKS))
    return _Clock(VideoInfo(max(1, ends[-1] // tick), 1000 / tick, ends[-1] / 1000, *size), ends, tick)


def _check_work(name: str, image: Image.Image, max_pixels: int) -> None:
    frames = 1
    with contextlib.suppress(*DAMAGE):  # what there is before the damage is shown
        frames = getattr(image, "n_frames", 1)
    pixels = frames * image.width * image.height
    if pixels > _WHOLE_FRAMES * max_pixels:
        raise MediaError(
            f"{name} has {frames:,} frames of {image.width}x{image.height}, {pixels:,} pixels in all, more than the "
            f"limit of {_WHOLE_FRAMES * max_pixels:,}",
            f"show its first frame, with --animated first, or allow it with --max-pixels {-(-pixels // _WHOLE_FRAMES)}",
        )


def _lengths(image: Image.Image) -> list[int]:
    """For how many milliseconds each frame is shown, as far as they can be read."""
    lengths: list[int] = []
    try:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            if image.format != "GIF":
                image.load()  # the others know a frame's length only then
            length = round(float(image.info.get("duration", 0)))
            lengths.append(min(length, _LONGEST_MS) if length >= _SHORTEST_MS else _USUAL_MS)
    except DAMAGE:
        lengths = lengths or [_USUAL_MS]
    return lengths


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
