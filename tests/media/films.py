"""Films made for the tests of this folder: every frame says by its grey level which one it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from glmv_cli.media.frames import DecodedVideo, FrameSampler, Pixels, VideoInfo
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource

STEP = 10
"""Grey levels between two frames: far more than any codec here loses."""

QUIET = {"libx265": {"x265-params": "log-level=none"}}


def all_frames(info: VideoInfo) -> Sequence[int]:
    return range(info.total_frames)


def choosing(*indices: int) -> FrameSampler:
    def sampler(info: VideoInfo) -> Sequence[int]:
        return indices

    return sampler


def grey(number: int, width: int, height: int) -> Pixels:
    return np.full((height, width, 3), 20 + STEP * number, dtype=np.uint8)


def noise(number: int, width: int, height: int) -> Pixels:
    """Blocks of noise that drift to the right: they cost bytes, so that damage hits some of them."""
    blocks = np.random.default_rng(0).integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
    return np.roll(blocks.repeat(4, 0).repeat(4, 1), 3 * number, axis=1)


def numbers(frames: Pixels) -> list[int]:
    """Read the frame numbers back that :func:`grey` drew, and fail if a frame is not flat."""
    assert float(frames.reshape(len(frames), -1).std(axis=1).max()) < STEP / 4
    levels: NDArray[np.float64] = frames.reshape(len(frames), -1).mean(axis=1)
    return [round(float(level - 20) / STEP) for level in levels]


def write_film(
    path: Path,
    codec: str = "libx264",
    *,
    count: int = 12,
    rate: int = 10,
    ticks: Sequence[int] | None = None,
    draw: Callable[[int, int, int], Pixels] = grey,
    size: tuple[int, int] = (64, 48),
    rotation: float | None = None,
    mirror: bool = False,
    movflags: str = "",
    gop: int = 250,
) -> Path:
    """Write ``count`` frames, frame ``i`` at ``ticks[i] / rate`` seconds (default: ``i / rate``)."""
    with av.open(path, "w", options={"movflags": movflags} if movflags else {}) as container:
        stream = container.add_stream(codec, rate=rate, options=QUIET.get(codec, {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = gop
        stream.codec_context.time_base = Fraction(1, rate)
        if rotation is not None:
            stream.set_display_rotation(rotation, hflip=mirror)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(draw(number, *size), format="rgb24").reformat(format="yuv420p")
            frame.pts = ticks[number] if ticks else number
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_frame(
    path: Path,
    codec: str,
    frame: av.VideoFrame,
    *,
    options: dict[str, str] | None = None,
    configure: Callable[[av.VideoStream], None] = lambda stream: None,
) -> Path:
    """Write three frames, as ``frame`` is."""
    with av.open(path, "w") as film:
        stream = film.add_stream(codec, rate=10, options=options or {})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, frame.format.name
        configure(stream)
        for number in range(3):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """Write half a second of silence and nothing to see."""
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, 8192, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read_film(film: Path | bytes, sampler: FrameSampler = all_frames) -> DecodedVideo:
    source = MediaSource("film", data=film) if isinstance(film, bytes) else MediaSource("film", path=film)
    video = ChosenFrames.of(source, sampler, max_pixels=DEFAULT_MAX_PIXELS).read()
    assert video.frames.dtype == np.uint8
    assert video.frames.shape == (len(video.times), video.info.height, video.info.width, 3)
    return video
