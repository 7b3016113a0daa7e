"""The times of a film's frames, from its table of contents or its packets; nothing is decoded."""

from __future__ import annotations

import contextlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import numpy as np
from av import time_base as MICROSECONDS
from av.packet import Packet
from av.stream import Stream

from glmv_cli.media.film import READ_ERRORS, Film
from glmv_cli.media.timeline import Ticks, Timeline

_LONGEST_S = 10**8
"""Three years: no film lasts longer, but damaged ones say so, and what is computed with such times overflows."""
_CUT_S = Fraction(1)
"""Containers round their length up or follow a longer sound track; only more than this counts as missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What the container says on its frames."""

    timeline: Timeline | None
    """None: there are no frames, or they have no times, or impossible ones."""
    frames: int
    missing: Fraction
    """Seconds that the file lacks."""


def list_frames(film: Film, first: int | None) -> Listing:
    """Find the times of all frames of ``film``, which is used up; ``first``: when the first decoded one is shown.

    Films in mp4 with a table that covers them, and one distance between all frames, are not read; all others are.
    """
    table = _table(film)
    if table is not None and first is not None and table.steady:
        with contextlib.suppress(*READ_ERRORS):  # what cannot be entered late is read from its start
            film.container.seek(int(table.keys[-1]), stream=film.stream)
        tail = _read_on(film)
        shift = first - int(table.times[0])
        times = table.times + shift
        end = max(tail.end, int(times[-1]))
        return Listing(_timeline(film, times, end, table.keys + shift), len(times), tail.missing(film))
    read = _read_on(film)
    if not read.starts:
        return Listing(None, read.frames, Fraction(0))
    times, keys = (np.array(read, np.int64) for read in (read.starts, read.keys))
    return Listing(_timeline(film, times, read.end, keys, numbered=read.timeless), read.frames, read.missing(film))


def _timeline(film: Film, starts: Ticks, end: int, keys: Ticks, *, numbered: bool = False) -> Timeline | None:
    """``None`` if its times are those of no film."""
    time_base = film.stream.time_base or Fraction(1)
    first, last = int(starts.min()), int(starts.max())
    most = int(_LONGEST_S / time_base)
    if last - first > most:
        return None
    begin = cast(int | None, film.container.start_time)  # the stub knows of no films without
    sound = None if begin is None else round(Fraction(begin, MICROSECONDS) / time_base)
    if sound is not None and first - sound > most:
        sound = None
    return Timeline.of(starts, end if end - first <= most else last, keys, time_base, sound, numbered=numbered)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The part of the table of mp4 and mov that is shown, and is in the file; times are those of decoding."""

    times: Ticks
    keys: Ticks

    @property
    def steady(self) -> bool:
        """Whether frames are at one distance from each other, so that the order of decoding does not matter."""
        steps = np.diff(self.times)
        return not len(steps) or bool((steps == steps[0]).all() and steps[0] > 0)


def _table(film: Film) -> _Table | None:
    """``None`` where there is no table that covers the film: another container, or a fragmented film.

    Frames before the start of the edit list are never shown; frames beyond the end of the file are missing.
    """
    entries = film.stream.index_entries
    if "mp4" not in film.container.format.name or not len(entries) or len(entries) != film.stream.frames:
        return None
    row = [("time", np.int64), ("end", np.int64), ("key", np.bool_), ("hidden", np.bool_)]
    table = np.fromiter(((e.timestamp, e.pos + e.size, e.is_keyframe, e.is_discard) for e in entries), row)
    broken = np.flatnonzero(table["end"] > film.size)
    present = table[: broken[0]] if len(broken) else table
    shown = present[~present["hidden"]]
    keys = present[present["key"]]["time"]
    return _Table(shown["time"], keys) if len(shown) and len(keys) else None


@dataclass(slots=True)
class _Read:
    """What packets tell, as they are read."""

    timeless: bool = False
    """Whether frames have no times of presentation, so that those of decoding must do."""
    frames: int = 0
    starts: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    last: int | None = None
    length: int = 0
    ends: dict[int, int] = field(default_factory=dict)
    """By stream, in its time base."""

    @property
    def end(self) -> int:
        return (self.last or 0) + self.length

    def add(self, packet: Packet[Stream], start: int | None, *, is_shown: bool) -> None:
        self.frames += is_shown
        if start is None:
            return
        end = start + (packet.duration or 0)
        self.ends[packet.stream_index] = max(self.ends.get(packet.stream_index, end), end)
        if not is_shown:
            return
        self.starts.append(start)
        if packet.is_keyframe:
            self.keys.append(start)
        if self.last is None or start > self.last:
            self.length = packet.duration or (0 if self.last is None else start - self.last)
            self.last = start

    def missing(self, film: Film) -> Fraction:
        """A file that was cut ends, in all of its streams, before the length it states."""
        if self.last is None:
            return Fraction(0)
        # Matroska states its end, the others how long they last: never more, so that whole films are not accused.
        stated = Fraction(film.container.duration or 0, MICROSECONDS)
        streams = film.container.streams
        missing = stated - max(end * (streams[i].time_base or 1) for i, end in self.ends.items())
        return missing if missing > _CUT_S else Fraction(0)


def _read_on(film: Film) -> _Read:
    """Read the packets that follow; one is one frame in the formats in common use."""
    # AVI has no times of presentation: what libav makes up for frames out of order is wrong.
    read = _Read(timeless=film.container.format.name == "avi")
    with contextlib.suppress(*READ_ERRORS):
        for packet in film.container.demux():
            if packet.size == 0 or packet.is_corrupt or packet.is_discard:
                continue
            is_shown = packet.stream_index == film.stream.index
            read.timeless |= is_shown and packet.pts is None
            read.add(packet, packet.dts if read.timeless and is_shown else packet.pts, is_shown=is_shown)
    return read
