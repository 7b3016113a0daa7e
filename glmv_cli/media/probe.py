"""What a film is, found without decoding more than its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from glmv_cli.media.film import Film, open_film
from glmv_cli.media.first_frame import first_frame
from glmv_cli.media.frames import VideoInfo
from glmv_cli.media.packets import Listing, list_frames
from glmv_cli.media.timeline import Timeline
from glmv_cli.media.turn import Turn
from glmv_cli.messages import MediaSource

_ROUNDED_S = Fraction(2, 1000)
"""Matroska, Flash and ASF keep times in milliseconds, and so may the length of the last frame be off."""
_DOLBY_VISION = ("dvh1", "dvhe", "dav1")
"""What mp4 and mov call films in Dolby Vision whose pixels other players need not understand. Those in H.264, ``dvav``
and ``dva1``, are ordinary ones underneath.
"""
_UNSPECIFIED = 2
"""``AVCOL_SPC_UNSPECIFIED``."""
_RATE_AGREES = 0.01
"""How far the declared frame rate may lie from the counted one and still be taken for the exact figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """A film, as its container and its first frame describe it."""

    info: VideoInfo
    timeline: Timeline
    told: VideoInfo
    """What samplers are told; see :meth:`Timeline.told`."""
    turn: Turn
    may_have_dolby_colours: bool
    """Whether they may be those of profile 5 of Dolby Vision, which are not converted: a film has such a name, and does
    not say how its colours are kept.
    """


def probe(source: MediaSource, *, max_pixels: int) -> Probed:
    """Find size, length, rate and the times of all frames of a film.

    Raises:
        MediaError: not a film, no frame of it can be decoded, or one has more than ``max_pixels``.
        InputNotFoundError: the file cannot be opened any more.
    """
    name = source.name
    with open_film(source, max_pixels=max_pixels) as film:
        first = first_frame(name, film, max_pixels=max_pixels)
        declared = film.stream.average_rate or film.stream.guessed_rate
        is_unspecified = int(first.frame.colorspace) == _UNSPECIFIED
        may_have_dolby_colours = is_unspecified and _entry(film) in _DOLBY_VISION
    start = first.frame.pts
    with open_film(source) as film:
        listing = list_frames(film, start)
    timeline = _timeline(listing, declared, start)
    frames = len(timeline.starts)
    fps, duration = _rate(frames, timeline.seconds, declared)
    info = VideoInfo(frames, fps, duration, first.width, first.height, float(listing.missing), timeline.offset)
    return Probed(info, timeline, timeline.told(info), first.turn, may_have_dolby_colours)


def _entry(film: Film) -> str:
    """The name that the container has for the stream's kind; it may be any four bytes."""
    try:
        return film.decoder.codec_tag
    except UnicodeDecodeError:
        return ""


def _timeline(listing: Listing, declared: Fraction | None, first: int | None) -> Timeline:
    """Films without any times have those that their rate gives them."""
    if listing.timeline is not None:
        return listing.timeline if first is None else listing.timeline.from_frame(first)
    frames = max(listing.frames, 1)
    return Timeline.of(
        np.arange(frames), frames, np.empty(0, np.int64), 1 / (declared or Fraction(1)), 0, numbered=True
    )


def _rate(frames: int, duration: Fraction, declared: Fraction | None) -> tuple[float, float]:
    """Return frames a second and seconds.

    The declared rate is exact where it is true (mkv rounds times to milliseconds) and nonsense where it is
    not (variable rates), so it must agree with the count. Then it says how long the film is, too: a millisecond less
    than five seconds would be one frame less to those who take two a second.
    """
    if duration <= 0:
        fps = float(declared or 1)
        return fps, frames / fps
    counted = frames / duration
    if declared and abs(declared / counted - 1) <= _RATE_AGREES:
        exact = frames / declared
        return float(declared), float(exact if abs(exact - duration) <= _ROUNDED_S else duration)
    return float(counted), float(duration)
