"""Films that tell the time: every frame bears its own in binary, so that what is decoded can be held against a claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from glmv_cli.media.frames import DecodedVideo, Pixels

_BITS = 24
_WIDTH, _HEIGHT = 8, 32
SIZE = (_BITS // 2 * _WIDTH, 2 * _HEIGHT)
"""Width and height: two rows of cells. (SVT-AV1 hangs on frames of less than 64 lines.)"""


def draw_clock(milliseconds: int) -> Pixels:
    """White cells are ones, the highest bit first."""
    bits = [(milliseconds >> place) & 1 for place in reversed(range(_BITS))]
    cells = np.array(bits, dtype=np.uint8).reshape(2, -1) * 200 + 20
    return np.repeat(cells.repeat(_HEIGHT, 0).repeat(_WIDTH, 1)[..., None], 3, axis=2)


def read_clock(frame: Pixels) -> int:
    """What :func:`draw_clock` drew; fails if a cell is neither dark nor light."""
    cells = frame.reshape(2, _HEIGHT, _BITS // 2, _WIDTH, 3).mean(axis=(1, 3, 4)).ravel()
    assert ((cells < 70) | (cells > 170)).all()
    return int("".join("1" if cell > 120 else "0" for cell in cells), 2)


def write_clock(
    path: Path,
    times: Sequence[int],
    codec: str = "libx264",
    *,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    gop: int = 12,
    sound_from: int | None = None,
    configure: Callable[[av.VideoStream], None] = lambda stream: None,
) -> Path:
    """Write a frame for each of ``times``, in milliseconds; with ``sound_from``, a second of silence from then on."""
    with av.open(path, "w", options=container or {}) as film:
        stream = film.add_stream(codec, rate=25, options=options or {})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.gop_size = gop
        stream.codec_context.time_base = Fraction(1, 1000)
        configure(stream)
        if sound_from is not None:
            _mux_silence(film, sound_from)
        for time in times:
            frame = av.VideoFrame.from_ndarray(draw_clock(time), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def _mux_silence(film: av.container.OutputContainer, start: int) -> None:
    stream = film.add_stream("aac", rate=16000, layout="mono")
    assert isinstance(stream, av.AudioStream)
    for place in range(0, 16384, 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start * 16 + place, Fraction(1, 16000)
        film.mux(stream.encode(frame))
    film.mux(stream.encode(None))


def check_clock(video: DecodedVideo, times: Sequence[int], *, begin: int = 0, tolerance: int = 1) -> None:
    """Fail unless each frame is the one of ``times`` that is on the screen when the video says it is.

    ``begin`` is what the film's clock calls 0; ``tolerance``: milliseconds to which containers round.
    """
    for frame, time in zip(video.frames, video.times, strict=True):
        drawn, claimed = read_clock(frame), round(time * 1000) + begin
        following = min((other for other in times if other > drawn), default=claimed + 1)
        assert drawn - tolerance <= claimed < following + tolerance, (drawn, claimed, following)
