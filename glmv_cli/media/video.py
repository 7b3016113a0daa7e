"""Films, by PyAV: only the kept frames become RGB, each with the time at which it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame

from glmv_cli.errors import MediaError, MemoryShortageError
from glmv_cli.media.film import good_frames, open_film
from glmv_cli.media.frames import DecodedVideo, FrameFit, FrameSampler, Pixels, VideoInfo, check_choice
from glmv_cli.media.probe import probe
from glmv_cli.media.turn import turn_of
from glmv_cli.messages import MediaSource


def read_video(
    source: MediaSource, sampler: FrameSampler, *, max_pixels: int, fit: FrameFit | None = None
) -> DecodedVideo:
    """Decode the frames that ``sampler`` chooses. Memory does not grow with the film, only with what is kept.

    ``fit`` brings each frame to the size that a model wants as soon as it is decoded; without it they stay as
    they are, and ten minutes of 1080p at one frame a second take 3.7 GB.

    A film that is damaged from some point on yields the chosen frames before it, and a notice.

    Raises:
        MediaError: not a film, too damaged to decode any chosen frame, or frames above ``max_pixels``.
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: the chosen frames do not fit in memory.
    """
    info = probe(source, max_pixels=max_pixels)
    wanted = check_choice(sampler(info), info.total_frames)
    try:
        size = fit(len(wanted), info.height, info.width) if fit else (info.height, info.width)
        kept = _keep(source, info, wanted, *size)
    except (FFmpegError, ValueError) as error:  # a pixel format that cannot become RGB
        raise MediaError(
            f"{source.name} cannot be converted to RGB", hint="convert it to H.264 in mp4, with 8-bit colour"
        ) from error
    except MemoryError as error:
        raise MemoryShortageError(
            f"{source.name}: {len(wanted)} frames of {info.width}x{info.height} do not fit in memory",
            hint="choose fewer frames, or make the film smaller first",
        ) from error
    if not kept.times:
        raise MediaError(
            f"{source.name} is damaged: none of the frames that were chosen can be decoded",
            hint="fetch it again, or repair it with a video tool",
        )
    return DecodedVideo(kept.frames, kept.times, info, _notice(source.name, info, len(wanted), kept.times))


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    frames: Pixels
    times: tuple[float, ...]


def _keep(source: MediaSource, info: VideoInfo, wanted: Sequence[int], height: int, width: int) -> _Kept:
    """Decode up to the last wanted frame, or the first damage; frames are resized one by one."""
    frames = np.empty((len(wanted), height, width, 3), dtype=np.uint8)
    times: list[float] = []
    with open_film(source) as film:
        time_base = film.stream.time_base or Fraction(1)
        start: int | None = None
        for index, frame in enumerate(good_frames(film)):
            start = frame.pts if start is None else start
            if wanted[len(times)] != index:
                continue
            pixels = _upright_rgb(frame, info)
            if pixels.shape[:2] != (height, width):
                from glmv_cli.media.resize import resize  # Pillow, only where it is needed

                pixels = resize(pixels, height, width)
            time = index / info.fps  # raw streams and some AVI have no clock
            if frame.pts is not None and start is not None:
                time = float((frame.pts - start) * time_base)
            while len(times) < len(wanted) and wanted[len(times)] == index:
                frames[len(times)] = pixels
                times.append(time)
            if len(times) == len(wanted):
                break
    return _Kept(frames[: len(times)], tuple(times))


def _upright_rgb(frame: VideoFrame, info: VideoInfo) -> Pixels:
    """Return ``[H, W, 3]``. Streams may change their size on the way; all frames get that of the first."""
    turn = turn_of(frame)
    width, height = turn.size(info.width, info.height)
    return turn.apply(frame.to_ndarray(format="rgb24", width=width, height=height).astype(np.uint8, copy=False))


def _notice(name: str, info: VideoInfo, wanted: int, times: tuple[float, ...]) -> str | None:
    if len(times) < wanted:
        return f"{name} is damaged: only {len(times)} of {wanted} frames, up to {times[-1]:.1f} s, can be used"
    if info.missing:
        return f"{name} is cut short: {info.duration:.1f} s are there, {info.missing:.1f} s are missing"
    return None
