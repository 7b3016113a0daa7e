"""The wanted frames of a film one after the other, decoding as little as is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from av.video.frame import PictureType, VideoFrame

from glmv_cli.media.film import READ_ERRORS, Aim, Film, good_frames, open_film
from glmv_cli.media.timeline import Moment, Timeline
from glmv_cli.messages import MediaSource

_WORTH_SEEKING = 6
"""Frames to skip from which on a key frame is gone to: decoding one costs about as much as a few others."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame, and those before and after it if it is interlaced: they tell what moved between its fields."""

    frame: VideoFrame
    before: VideoFrame | None
    after: VideoFrame | None


class _LandedLateError(Exception):
    """A film's key frame turned out to be none, or beyond the wanted frame."""


def read_shots(
    source: MediaSource, timeline: Timeline, wanted: Sequence[Moment], *, max_pixels: int, seek: bool
) -> Iterator[Shot]:
    """The frames of ``wanted``, which ascend without repeats, up to the first damage.

    With ``seek``, the film is entered at key frames where that is cheaper; what is read is the same.
    """
    done = 0
    if seek and not timeline.numbered:
        try:
            with open_film(source, max_pixels=max_pixels) as film:
                for shot in _by_keys(film, timeline, wanted):
                    done += 1
                    yield shot
            return
        except _LandedLateError:
            pass  # the rest by decoding everything
    with open_film(source, max_pixels=max_pixels) as film:
        shots = _shots(film)
        number = -1
        for moment in wanted[done:]:
            for shot in shots:
                number += 1
                if _reached(shot, number, moment, timeline):
                    yield shot
                    break
            else:
                return


def _reached(shot: Shot, number: int, moment: Moment, timeline: Timeline) -> bool:
    if timeline.numbered:
        return number >= moment.number
    return _start(shot) >= moment.start


def _by_keys(film: Film, timeline: Timeline, wanted: Sequence[Moment]) -> Iterator[Shot]:
    """Raises :class:`_LandedLateError` where the film's key frames are not what they seem."""
    place = int(timeline.starts[0])
    aim = Aim(place)
    shots = _shots(film, aim)
    for moment in wanted:
        aim.start = moment.start
        entries = timeline.entries(moment.start)
        if entries and timeline.frames_between(place, entries[0]) > _WORTH_SEEKING:
            shots = _enter(film, entries, aim)
        shot = next((shot for shot in shots if _start(shot) >= moment.start), None)
        if shot is None:
            return
        place = _start(shot)
        if place > moment.start:
            raise _LandedLateError  # its time follows from those before it, which were skipped
        yield shot


def _enter(film: Film, entries: Sequence[int], aim: Aim) -> Iterator[Shot]:
    """Shots from the first of ``entries`` on that leads to what is wanted."""
    for entry in entries:
        try:
            film.seek(entry)
        except READ_ERRORS:
            continue
        shots = _shots(film, aim)
        first = next(shots, None)
        # H.264 may be entered where a picture builds up slowly; libavcodec takes it for whole too early.
        if first is not None and _start(first) <= aim.start and first.frame.pict_type == PictureType.I:
            return chain([first], shots)
    raise _LandedLateError


def _shots(film: Film, aim: Aim | None = None) -> Iterator[Shot]:
    frames = good_frames(film, aim)
    before: VideoFrame | None = None
    frame = next(frames, None)
    while frame is not None:
        if frame.interlaced_frame and aim is not None:
            aim.everything = True
        after = next(frames, None) if frame.interlaced_frame else None
        yield Shot(frame, before, after)
        before = frame if frame.interlaced_frame else None
        frame = after if frame.interlaced_frame else next(frames, None)


def _start(shot: Shot) -> int:
    """When it is shown; decoders know no time of some frames at the end, but when they were read."""
    frame = shot.frame
    return next((time for time in (frame.pts, frame.dts) if time is not None), 0)
