"""What a film is, found without decoding more than its first frame."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from itertools import takewhile

from av import time_base as MICROSECONDS

from glmv_cli.errors import MediaError
from glmv_cli.media.film import READ_ERRORS, Film, good_frames, open_film
from glmv_cli.media.frames import VideoInfo
from glmv_cli.media.limits import check_size
from glmv_cli.media.turn import turn_of
from glmv_cli.messages import MediaSource

_CUT_S = Fraction(1)
"""Containers round their length up or follow a longer sound track; only more than this counts as missing."""

_RATE_AGREES = 0.01
"""How far the declared frame rate may lie from the counted one and still be taken for the exact figure."""


def probe(source: MediaSource, *, max_pixels: int) -> VideoInfo:
    """Find size, length and rate of a film.

    Raises:
        MediaError: not a film, no frame of it can be decoded, or one has more than ``max_pixels``.
        InputNotFoundError: the file cannot be opened any more.
    """
    name = source.name
    with open_film(source) as film:
        check_size(name, film.stream.width, film.stream.height, max_pixels)
        first = next(good_frames(film), None)
        if first is None:
            raise MediaError(
                f"{name} has no frame that can be decoded",
                hint="the film is empty, damaged or protected; fetch it again or convert it to H.264 in mp4",
            )
        # The bitstream may be larger than the container says.
        check_size(name, first.width, first.height, max_pixels)
        turn = turn_of(first)
        declared = film.stream.average_rate or film.stream.guessed_rate
    with open_film(source) as film:
        indexed = _skip_to_tail(film)
        counted, end, missing = _read_on(film)
    frames = indexed or max(counted, 1)
    begin = (first.pts or 0) * (first.time_base or Fraction(1))
    fps, duration = _rate(frames, end - begin, declared)
    width, height = turn.size(first.width, first.height)
    return VideoInfo(frames, fps, duration, width, height, float(missing))


def _rate(frames: int, duration: Fraction, declared: Fraction | None) -> tuple[float, float]:
    """Return frames a second and seconds.

    The declared rate is exact where it is true (mkv rounds times to milliseconds) and nonsense where it is
    not (variable rates), so it must agree with the count.
    """
    if duration <= 0:
        fps = float(declared or 1)
        return fps, frames / fps
    counted = frames / duration
    if declared and abs(declared / counted - 1) <= _RATE_AGREES:
        return float(declared), float(duration)
    return float(counted), float(duration)


def _skip_to_tail(film: Film) -> int | None:
    """Count by the table of frames in mp4 and mov, and go to the last key frame: only the end is unknown.

    Frames before the start of the edit list are never shown; frames beyond the end of the file are missing.
    Returns ``None``, and goes nowhere, where there is no table that covers the film.
    """
    entries = list(film.stream.index_entries)
    if "mp4" not in film.container.format.name or not entries or len(entries) != film.stream.frames:
        return None  # another container, or a fragmented film
    present = list(takewhile(lambda entry: entry.pos + entry.size <= film.size, entries))
    shown = sum(not entry.is_discard for entry in present)
    tail = max((entry.timestamp for entry in present if entry.is_keyframe), default=None)
    if not shown or tail is None:
        return None
    film.container.seek(tail, stream=film.stream)
    return shown


def _read_on(film: Film) -> tuple[int, Fraction, Fraction]:
    """Read the packets that follow, without decoding; one is one frame in the formats in common use.

    Returns how many frames there are, when the last one ends in seconds of the container's clock, and how
    many seconds the file lacks: one that was cut ends, in all of its streams, before the length it states.
    """
    container, shown = film.container, film.stream.index
    frames, length = 0, 0  # of the shown stream; times are in its time base
    last: int | None = None
    ends: dict[int, int] = {}  # by stream, in its time base
    with contextlib.suppress(*READ_ERRORS):
        for packet in container.demux():
            start = packet.pts if packet.pts is not None else packet.dts
            if packet.size == 0 or packet.is_corrupt or packet.is_discard:
                continue
            frames += packet.stream_index == shown
            if start is None:
                continue
            end = start + (packet.duration or 0)
            ends[packet.stream_index] = max(ends.get(packet.stream_index, end), end)
            if packet.stream_index == shown and (last is None or start > last):
                length = packet.duration or (0 if last is None else start - last)
                last = start
    if last is None:
        return frames, Fraction(0), Fraction(0)
    # Matroska states its end, the others how long they last: never more, so that whole films are not accused.
    stated_end = Fraction(container.duration or 0, MICROSECONDS)
    missing = stated_end - max(end * (container.streams[i].time_base or 1) for i, end in ends.items())
    ending = (last + length) * (film.stream.time_base or Fraction(1))
    return frames, ending, missing if missing > _CUT_S else Fraction(0)
