"""When each frame of a film is shown: eight bytes a frame, whatever the frames hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glmv_cli.media.frames import VideoInfo

Ticks = NDArray[np.int64]

_LEAST_RATE, _MOST_RATE = 24.0, 120.0
"""Ticks a second of films of variable rate: more often than any rule looks, and as often as screens show."""
_OFF_GRID = 0.1
"""How far, in frames, a frame may stand from where its film's rate has one."""
_SOUND_FIRST_S = 0.1
"""Sound often begins a moment before the pictures; only more than this is part of what is shown."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame that is wanted: by its place in the film and on the stream's clock, and when the model sees it."""

    number: int
    start: int
    time: float
    """Seconds after the film's begin: when the frame appears, or a later moment at which it is still there."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The frames of a film in the order in which they are shown; all times count ``time_base`` seconds."""

    starts: Ticks  # [N], ascending
    end: int
    """Of the last frame."""
    keys: Ticks  # [K], ascending
    """At which of these times decoding may begin; none: only at the first."""
    time_base: Fraction
    begin: int
    """Where the film's clock stands at 0: at the first frame, or before it, where sound begins earlier."""
    numbered: bool = False
    """Whether frames are known by their number only, since decoded ones bear no times, or wrong ones (AVI)."""

    @classmethod
    def of(
        cls, starts: Ticks, end: int, keys: Ticks, time_base: Fraction, sound: int | None, *, numbered: bool = False
    ) -> Timeline:
        """``starts`` and ``keys`` in any order; ``sound``: when the first of all streams begins."""
        starts = np.sort(starts) if numbered else np.unique(starts)
        first = int(starts[0])
        begin = first if sound is None or (first - sound) * time_base <= _SOUND_FIRST_S else sound
        end = max(end, int(starts[-1]))
        return cls(starts, end, np.empty(0, np.int64) if numbered else np.unique(keys), time_base, begin, numbered)

    def from_frame(self, start: int) -> Timeline:
        """Without frames before ``start``: the first ones of a recording may lack what they build upon."""
        first = int(np.searchsorted(self.starts, start))
        if first in (0, len(self.starts)) or self.numbered:
            return self
        begin = self.begin if self.begin < self.starts[0] else start
        return replace(self, starts=self.starts[first:], keys=self.keys[self.keys >= start], begin=begin)

    @property
    def seconds(self) -> Fraction:
        """From the first frame to the end of the last one."""
        return (self.end - int(self.starts[0])) * self.time_base

    @property
    def offset(self) -> float:
        """When the first frame is shown, in seconds after the film's begin."""
        return float((int(self.starts[0]) - self.begin) * self.time_base)

    def is_constant(self, fps: float) -> bool:
        """Whether each frame is within half a frame of where a film of so many a second would have it."""
        return bool(np.abs(self._places(fps) - np.arange(len(self.starts))).max() < 0.5)

    def _places(self, fps: float) -> NDArray[np.float64]:
        """Where frames stand in a film of a constant rate: whole numbers are its frames."""
        places: NDArray[np.float64] = (self.starts - self.starts[0]) * (float(self.time_base) * fps)
        return places

    def told(self, info: VideoInfo) -> VideoInfo:
        """What samplers are told of the film that ``info`` describes.

        They think in constant rates. So a film of a variable one is shown to them as its copy of a constant rate
        would be: as ticks, at the distance that frames have at the median. A film that is not one of such frames, of
        which some were dropped, gets 24 ticks a second at least, and a whole number of them.
        """
        if self.is_constant(info.fps):
            return info
        steps = np.diff(self.starts)
        steps = steps[steps > 0]  # frames that are only numbered may share a time
        if not len(steps):
            return info
        rate = 1 / (float(np.median(steps)) * float(self.time_base))
        places = self._places(rate)
        if np.abs(places - np.rint(places)).max() > _OFF_GRID:
            rate = float(round(min(max(rate, _LEAST_RATE), _MOST_RATE)))
        return replace(info, total_frames=max(1, round(info.duration * rate)), fps=rate)

    def moments(self, indices: Sequence[int], told: VideoInfo) -> list[Moment]:
        """The frames that a sampler chose by what it was ``told``."""
        constant = len(self.starts) == told.total_frames and self.is_constant(told.fps)
        return [self._frame(index, told.fps) if constant else self._on_screen(index, told.fps) for index in indices]

    def _frame(self, number: int, fps: float) -> Moment:
        """Containers round times (Matroska to milliseconds); what the rate says is then exact."""
        start = int(self.starts[number])
        ticks = start - int(self.starts[0])
        exact = number / fps
        apart = abs(exact - float(ticks * self.time_base)) <= self.time_base
        return Moment(number, start, self.offset + (exact if apart else float(ticks * self.time_base)))

    def _on_screen(self, tick: int, rate: float) -> Moment:
        """The frame that is shown at a tick, at its true time if it appears there, give or take half a tick."""
        clock = float(1 / self.time_base)
        first = int(self.starts[0])
        number = int(np.searchsorted(self.starts, first + (tick + 0.5) / rate * clock, side="right")) - 1
        start = int(self.starts[number])
        appeared = float((start - first) * self.time_base)
        held = appeared < (tick - 0.5) / rate
        return Moment(number, start, self.offset + (tick / rate if held else appeared))

    def entries(self, start: int) -> list[int]:
        """Where decoding may begin to reach the frame at ``start``, nearest first; two will do."""
        place = int(np.searchsorted(self.keys, start, side="right"))
        return [int(key) for key in self.keys[max(0, place - 2) : place][::-1]]

    def frames_between(self, one: int, other: int) -> int:
        """How many frames are shown from the time ``one`` to before ``other``."""
        place, end = np.searchsorted(self.starts, (one, other))
        return int(end - place)
