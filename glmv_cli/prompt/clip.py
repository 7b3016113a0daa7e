"""A part of a film, as the film that it would be if it were cut out."""

from __future__ import annotations

import math
from dataclasses import replace

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import VideoInfo
from glmv_cli.messages import FilmOptions

_EXACT = 1e-6
"""Frames: 0.7 s at 10 frames a second is frame 7, though it is 7.000000000000001 to a computer."""


def clip_of(info: VideoInfo, wished: FilmOptions) -> tuple[int, VideoInfo]:
    """From ``wished.start`` to ``wished.end`` of the film that ``info`` describes: the first frame's index, and what
    the part is as a film. If no frame begins in it, it is the one that is on the screen.

    Raises :class:`MediaError` if the film ends before the part begins, or begins after it.
    """
    if wished.start is None and wished.end is None:
        return 0, info
    length = info.total_frames / info.fps
    start = max((wished.start or 0.0) - info.start, 0.0)
    end = length if wished.end is None else min(wished.end - info.start, length)
    if start >= length:
        raise MediaError(
            f"the film ends at {info.start + length:.1f} s: --start {wished.start:g} leaves nothing",
            "choose an earlier start",
        )
    if end <= start:
        raise MediaError(
            f"the film begins at {info.start:.1f} s: --end {wished.end:g} leaves nothing", "choose a later end"
        )
    first = math.ceil(start * info.fps - _EXACT)
    after = math.ceil(end * info.fps - _EXACT)
    if after <= first:
        first = min(math.floor(start * info.fps + _EXACT), info.total_frames - 1)
        after = first + 1
    duration = max(end - first / info.fps, 1 / info.fps)
    begin = info.start + first / info.fps
    return first, replace(info, total_frames=after - first, duration=duration, start=begin)
