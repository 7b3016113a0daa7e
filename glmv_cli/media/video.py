"""Films, by PyAV: only the kept frames become RGB, each with the time at which it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from threading import Event

import numpy as np
from av.error import FFmpegError

from glmv_cli.errors import MediaError, MemoryShortageError
from glmv_cli.media.frames import DecodedVideo, FrameFit, FrameSampler, Pixels, VideoInfo, check_choice
from glmv_cli.media.interlace import progressive
from glmv_cli.media.limits import check_size
from glmv_cli.media.probe import Probed, probe
from glmv_cli.media.reading import Shot, read_shots
from glmv_cli.media.rgb import RgbConverter
from glmv_cli.media.timeline import Moment
from glmv_cli.media.workers import bands, each
from glmv_cli.messages import MediaSource

_MOST_DECODERS = 8
_PIXELS_AT_ONCE = 9_000_000
"""Of one frame in each decoder, which holds up to twenty: four of 1080p, one of 4K."""
_WORTH_A_DECODER = 100
"""Frames of the film."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenFrames:
    """What of a film is to be decoded; see :class:`~glmv_cli.media.outlook.FilmChoice`."""

    source: MediaSource
    probed: Probed
    wanted: Sequence[Moment]
    max_pixels: int

    @classmethod
    def of(cls, source: MediaSource, sampler: FrameSampler, *, max_pixels: int) -> ChosenFrames:
        """The first frame is decoded, and no other. Raises what :func:`~glmv_cli.media.probe.probe` does."""
        probed = probe(source, max_pixels=max_pixels)
        indices = check_choice(sampler(probed.told), probed.told.total_frames)
        return cls(source, probed, probed.timeline.moments(indices, probed.told), max_pixels)

    @property
    def info(self) -> VideoInfo:
        """The film."""
        return self.probed.info

    @property
    def times(self) -> tuple[float, ...]:
        """When each of the frames is shown, in seconds."""
        return tuple(moment.time for moment in self.wanted)

    def read(self, fit: FrameFit | None = None, *, seek: bool = True) -> DecodedVideo:
        """Decode them. Memory does not grow with the film, only with what is kept.

        ``fit`` brings each frame to the size that a model wants as soon as it is decoded; without it they stay as
        they are, and ten minutes of 1080p at one frame a second take 3.7 GB. ``seek``: skip what need not be decoded;
        the frames are the same.

        A film that is damaged from some point on yields the chosen frames before it, and a notice.

        Raises:
            MediaError: too damaged to decode any chosen frame, or later frames above ``max_pixels``.
            InputNotFoundError: the file cannot be opened any more.
            MemoryShortageError: the chosen frames do not fit in memory.
        """
        source, wanted, info = self.source, self.wanted, self.info
        try:
            height, width = fit(len(wanted), info.height, info.width) if fit else (info.height, info.width)
            frames = np.empty((len(wanted), height, width, 3), dtype=np.uint8)
            kept = _read(source, self.probed, wanted, frames, self.max_pixels, seek=seek)
        except (FFmpegError, ValueError) as error:  # a pixel format that cannot become RGB
            raise MediaError(
                f"{source.name} cannot be converted to RGB", hint="convert it to H.264 in mp4, with 8-bit colour"
            ) from error
        except MemoryError as error:
            raise MemoryShortageError(
                f"{source.name}: {len(wanted)} frames of {info.width}x{info.height} do not fit in memory",
                hint="choose fewer frames, or make the film smaller first",
            ) from error
        if not kept:
            raise MediaError(
                f"{source.name} is damaged: none of the frames that were chosen can be decoded",
                hint="fetch it again, or repair it with a video tool",
            )
        times = self.times[:kept]
        return DecodedVideo(frames[:kept], times, info, _notice(source.name, self.probed, len(wanted), times))


def _read(
    source: MediaSource, probed: Probed, wanted: Sequence[Moment], frames: Pixels, max_pixels: int, *, seek: bool
) -> int:
    """Put what is wanted into ``frames`` ``[T, H, W, 3]``, parts at once; return how many come before any damage."""
    parts = _parts(probed, wanted) if seek else [slice(0, len(wanted))]
    kept = [0] * len(parts)
    stopped = Event()

    def read(number: int) -> None:
        part = parts[number]
        shots = read_shots(source, probed.timeline, _without_repeats(wanted[part]), max_pixels=max_pixels, seek=seek)
        checked = takewhile(lambda _: not stopped.is_set(), _checked(source.name, shots, max_pixels))
        kept[number] = _keep(checked, RgbConverter(probed.turn), wanted[part], frames[part])

    each(read, range(len(parts)), stopped)
    whole = list(takewhile(lambda number: kept[number] == parts[number].stop - parts[number].start, range(len(parts))))
    return sum(kept[: len(whole) + 1])


def _parts(probed: Probed, wanted: Sequence[Moment]) -> list[slice]:
    """``wanted`` in parts that are worth a decoder each: it can begin with one, and memory stays small."""
    line, info = probed.timeline, probed.info
    between = line.frames_between(wanted[0].start, wanted[-1].start)
    count = min(
        _MOST_DECODERS,
        _PIXELS_AT_ONCE // (info.width * info.height),
        between // _WORTH_A_DECODER,
        len(line.keys) // 2,
        len(wanted),
    )
    return [slice(first, end) for first, end in bands(len(wanted), -(-len(wanted) // max(1, count)))]


def _without_repeats(wanted: Sequence[Moment]) -> list[Moment]:
    return list({moment.number: moment for moment in wanted}.values())


def _checked(name: str, shots: Iterable[Shot], max_pixels: int) -> Iterator[Shot]:
    """A stream may grow on the way."""
    for shot in shots:
        check_size(name, shot.frame.width, shot.frame.height, max_pixels)
        yield shot


def _keep(shots: Iterable[Shot], converter: RgbConverter, wanted: Sequence[Moment], frames: Pixels) -> int:
    """Put what is read into ``frames`` ``[T, H, W, 3]``; return how many of them are there."""
    height, width = frames.shape[1:3]
    kept = 0
    for shot in shots:
        number = wanted[kept].number
        frames[kept] = converter.convert(progressive(shot), height, width)
        kept += 1
        while kept < len(wanted) and wanted[kept].number == number:
            frames[kept] = frames[kept - 1]
            kept += 1
    return kept


def _notice(name: str, probed: Probed, wanted: int, times: tuple[float, ...]) -> str | None:
    damage = _damage(name, probed.info, wanted, times)
    colours = f"{name} is in Dolby Vision, and does not say how its colours are kept: their hues may be wrong"
    return "; ".join(filter(None, (damage, colours if probed.may_have_dolby_colours else None))) or None


def _damage(name: str, info: VideoInfo, wanted: int, times: tuple[float, ...]) -> str | None:
    if len(times) < wanted:
        return f"{name} is damaged: only {len(times)} of {wanted} frames, up to {times[-1]:.1f} s, can be used"
    if info.missing:
        return f"{name} is cut short: {info.duration:.1f} s are there, {info.missing:.1f} s are missing"
    return None
