"""Films that tell the time: every frame bears its own, in milliseconds, to be held against what is claimed of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from glmv_cli.media.frames import DecodedVideo
from tools.corpus.clock import draw_clock, read_clock

SIZE = (96, 64)
"""Width and height; SVT-AV1 hangs on frames of less than 64 lines."""


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
            frame = av.VideoFrame.from_ndarray(draw_clock(time, *SIZE), format="rgb24").reformat(format="yuv420p")
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
