"""One film of the corpus: what it is to be, and how PyAV writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Literal

import av
import numpy as np

from tools.corpus.clock import Pixels, draw_clock

Pace = Literal["steady", "jitter", "drops", "slows", "pauses"]
"""Every frame as long as the next; a little unevenly; with every other frame left out, here and there; from the middle
on at half the rate, as phones do in the dark; as screens are recorded, with long stills."""
Draw = Callable[[int, Fraction, int, int], Pixels]
"""What a frame shows: its number, its time in seconds after the first, width and height → ``[height, width, 3]``."""

Matrix = Literal["itu601", "itu709"]

_CONTAINER: Mapping[str, str] = MappingProxyType({"fflags": "+bitexact"})
_BT709 = 1
"""Its number in ITU-T H.273."""
_FINE = 1000
"""Ticks a second in films of an uneven pace."""


@dataclass(frozen=True, slots=True)
class Film:
    """What is written to ``name``, whose ending is the container. Every frame is a clock."""

    name: str
    codec: str
    pixel_format: str = "yuv420p"
    size: tuple[int, int] = (96, 64)
    """Width and height as stored, before ``turn``."""
    count: int = 12
    rate: Fraction = Fraction(24)
    pace: Pace = "steady"
    start: int = 0
    """Frames' lengths that pass before the first one is shown."""
    turn: int = 0
    """Degrees against the clock by which players have to turn it."""
    mirror: bool = False
    """Players have to mirror it, left to right, after they have turned it."""
    matrix: Matrix = "itu601"
    """By which RGB became what is stored; the other one is noted in the stream."""
    gop: int = 12
    options: tuple[tuple[str, str], ...] = ()
    """Of the encoder."""
    movflags: str = ""
    error: float = 18.0
    """Levels of 255 that this codec may be off in even areas; see :func:`~tools.corpus.clock.color_error`."""

    @property
    def grey(self) -> bool:
        """Whether it is stored without colours."""
        return self.pixel_format.startswith("gray")

    @property
    def ticks_a_second(self) -> Fraction:
        """The unit of its times."""
        return self.rate if self.pace == "steady" else Fraction(_FINE)

    def ticks(self) -> list[int]:
        """When each frame is shown, in ticks."""
        return _PACES[self.pace](self.count, self.start, self.rate)

    def times(self) -> list[Fraction]:
        """When each frame is shown, in seconds after the first."""
        ticks = self.ticks()
        return [(tick - ticks[0]) / self.ticks_a_second for tick in ticks]


def _steady(count: int, start: int, rate: Fraction) -> list[int]:
    return list(range(start, start + count))


def _jitter(count: int, start: int, rate: Fraction) -> list[int]:
    draw = Random(count)
    length = _FINE / rate
    return [round((start + number + draw.uniform(-0.4, 0.4)) * length) for number in range(1, count + 1)]


def _drops(count: int, start: int, rate: Fraction) -> list[int]:
    draw = Random(count)
    kept = sorted(draw.sample(range(1, 2 * count), count - 1))
    return [round((start + number) * _FINE / rate) for number in (0, *kept)]


def _slows(count: int, start: int, rate: Fraction) -> list[int]:
    half = count // 2
    return [round((start + number + max(0, number - half)) * _FINE / rate) for number in range(count)]


def _pauses(count: int, start: int, rate: Fraction) -> list[int]:
    ticks, now = [], start * _FINE / rate
    for number in range(count):
        ticks.append(round(now))
        now += (3000 if number % 7 == 4 else 0) + _FINE / rate
    return ticks


_PACES: Mapping[Pace, Callable[[int, int, Fraction], list[int]]] = {
    "steady": _steady,
    "jitter": _jitter,
    "drops": _drops,
    "slows": _slows,
    "pauses": _pauses,
}


def _clock(number: int, seconds: Fraction, width: int, height: int) -> Pixels:
    return draw_clock(number, width, height)


def write_film(film: Film, directory: Path, draw: Draw = _clock) -> Path:
    """Encode ``film``, which shows what ``draw`` says; returns where. The same libraries write the same bytes.

    Raises what PyAV does, :class:`av.error.FFmpegError` and :class:`ValueError`, for what they cannot do.
    """
    path = directory / film.name
    options = dict(_CONTAINER)
    if film.movflags:
        options["movflags"] = film.movflags
    with av.open(path, "w", options=options) as container:
        stream = container.add_stream(film.codec, rate=film.rate, options={"threads": "1", **dict(film.options)})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = film.size
        stream.pix_fmt = film.pixel_format
        stream.gop_size = film.gop
        time_base = 1 / film.ticks_a_second
        stream.codec_context.time_base = time_base
        if film.matrix == "itu709":
            stream.codec_context.colorspace = _BT709
        if film.turn or film.mirror:
            stream.set_display_rotation(film.turn, hflip=film.mirror)
        shown = film.size if film.turn % 180 == 0 else film.size[::-1]
        for number, (tick, seconds) in enumerate(zip(film.ticks(), film.times(), strict=True)):
            frame = av.VideoFrame.from_ndarray(_stored(film, draw(number, seconds, *shown)), format="rgb24")
            frame = frame.reformat(format=film.pixel_format, dst_colorspace=film.matrix)
            frame.pts, frame.time_base = tick, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _stored(film: Film, shown: Pixels) -> Pixels:
    """What players turn and mirror to ``shown``."""
    return np.ascontiguousarray(np.rot90(shown[:, ::-1] if film.mirror else shown, -film.turn // 90))
