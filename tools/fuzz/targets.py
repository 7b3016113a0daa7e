"""What is fed with damaged bytes: every way by which bytes or words of others come into glmv."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.families import VIDEO_RULES
from glmv_cli.media.animation import ChosenTicks
from glmv_cli.media.colour import to_rgb
from glmv_cli.media.document import pages_of
from glmv_cli.media.find import find_media
from glmv_cli.media.frames import DecodedImage, DecodedVideo, VideoInfo, check_choice
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.kind import kind_of
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.load import load
from glmv_cli.media.pages import parse_pages
from glmv_cli.media.probe import probe
from glmv_cli.media.sniff import is_heic
from glmv_cli.media.thumbnail import read_thumbnail
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from glmv_cli.prompt.sampling import frame_sampler

MAX_PIXELS = 1_000_000
"""What a picture or frame may have here; more is refused, as it would be with ``--max-pixels``."""
_FRAMES = 6


@dataclass(frozen=True, slots=True)
class Target:
    """An entry point. ``run`` returns what came of it, or raises :class:`GlmvError`; all else is a finding.

    ``seeds``: which kinds of whole inputs its damaged ones are made of. ``weight``: how often it has its turn.
    """

    run: Callable[[bytes], str]
    seeds: tuple[str, ...]
    weight: int = 1


def _picture(data: bytes) -> str:
    source = MediaSource("fuzzed", data=data)
    image = read_image(source, max_pixels=MAX_PIXELS)
    _check_picture(image)
    # It decides about budgets. What turns a PNG may stand behind its pixels, and show only when it is decoded; what a
    # damaged HEIC holds does so, too.
    assert is_heic(data[:64]) or sorted(image_size(source)) == sorted((image.width, image.height)), (
        "the size by the header is another one"
    )
    return "read"


def _picture_size(data: bytes) -> str:
    width, height = image_size(MediaSource("fuzzed", data=data))
    assert width > 0, "no width"
    assert height > 0, "no height"
    return "read"


def _animation(data: bytes) -> str:
    source = MediaSource("fuzzed", data=data)
    chosen = ChosenTicks.of(source, _spread, max_pixels=MAX_PIXELS)
    _check_info(chosen.info)
    return _check_film(chosen.read())


def _film(data: bytes) -> str:
    return _check_film(ChosenFrames.of(MediaSource("fuzzed", data=data), _spread, max_pixels=MAX_PIXELS).read(_small))


def _film_info(data: bytes) -> str:
    """With the choice of frames that each family makes by it."""
    probed = probe(MediaSource("fuzzed", data=data), max_pixels=MAX_PIXELS)
    _check_info(probed.info)
    _check_info(probed.told)
    for rule in VIDEO_RULES.values():
        try:
            choice = check_choice(frame_sampler(rule, {})(probed.told), probed.told.total_frames)
        except MediaError:  # nothing in it to choose
            continue
        times = [moment.time for moment in probed.timeline.moments(choice, probed.told)]
        assert all(a <= b for a, b in pairwise(times)), "times go back"
    return "read"


def _document(data: bytes) -> str:
    """The first and the last page."""
    pages = pages_of(MediaSource("fuzzed", data=data))
    if pages is None:
        return "no document"
    for page in (pages[0], pages[-1]):
        width, height = image_size(page)
        assert width > 0, "no width"
        assert height > 0, "no height"
        _check_picture(read_image(page, max_pixels=MAX_PIXELS, fit=_small))
    return "read"


def _anything(data: bytes) -> str:
    source = MediaSource("fuzzed", data=data)
    assert kind_of(source, "first") in ("image", "video")
    shown = load(source, sampler=_spread, max_pixels=MAX_PIXELS, fit=_small, fit_picture=_small)
    if isinstance(shown, DecodedVideo):
        return _check_film(shown)
    _check_picture(shown)
    return "read"


def _thumbnail(data: bytes) -> str:
    height, width, channels = read_thumbnail(MediaSource("fuzzed", data=data), 40, 30, max_pixels=MAX_PIXELS).shape
    assert channels == 3, "not RGB"
    assert 0 < height <= 30, "too high"
    assert 0 < width <= 40, "too wide"
    return "read"


def _profile(data: bytes) -> str:
    for mode in ("RGB", "L", "CMYK", "RGBA"):
        image = Image.new(mode, (2, 2))
        image.info["icc_profile"] = data
        assert to_rgb(image).size == (2, 2)
    return "read"


def _exif(data: bytes) -> str:
    """As the block of a JPEG, and as the chunk of a PNG."""
    for format in ("JPEG", "PNG"):
        file = io.BytesIO()
        Image.new("RGB", (16, 8)).save(file, format)
        whole = file.getvalue()
        if format == "JPEG":
            body = b"Exif\0\0" + data[:65_000]
            whole = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + whole[2:]
        else:
            from PIL.PngImagePlugin import putchunk

            chunk = io.BytesIO()
            putchunk(chunk, b"eXIf", data)
            whole = whole[:33] + chunk.getvalue() + whole[33:]
        _picture(whole)
    return "read"


def _address(data: bytes) -> str:
    """As an argument; it is decoded as those are."""
    find_media(_words(data), io.BytesIO(b"x"), FindLimits())
    return "read"


def _pages(data: bytes) -> str:
    written = _words(data).rpartition("#")[2]
    choice = parse_pages(written)
    return "no choice" if choice is None else f"{min(len(choice.of('fuzzed', 9)), 2)} pages"


TARGETS: Mapping[str, Target] = {
    "picture": Target(_picture, ("picture", "animation"), 6),
    "picture-size": Target(_picture_size, ("picture", "animation"), 1),
    "animation": Target(_animation, ("animation",), 3),
    "film": Target(_film, ("film",), 8),
    "film-info": Target(_film_info, ("film",), 3),
    "anything": Target(_anything, ("picture", "animation", "document", "film"), 2),
    "thumbnail": Target(_thumbnail, ("picture", "animation", "document", "film"), 2),
    "profile": Target(_profile, ("profile",), 1),
    "exif": Target(_exif, ("exif",), 1),
    "document": Target(_document, ("document", "picture"), 3),
    "pages": Target(_pages, ("pages",), 1),
    "address": Target(_address, ("address",), 1),
}


def _words(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _spread(info: VideoInfo) -> Sequence[int]:
    """A few frames, the first and the last among them."""
    _check_info(info)
    count = min(_FRAMES, info.total_frames)
    return [index * (info.total_frames - 1) // max(count - 1, 1) for index in range(count)]


def _small(count: int, height: int, width: int) -> tuple[int, int]:
    return 28, 56


def _check_info(info: VideoInfo) -> None:
    assert info.total_frames >= 1, "no frames"
    assert math.isfinite(info.fps), "no rate"
    assert info.fps > 0, "no rate"
    assert math.isfinite(info.duration), "no duration"
    assert info.duration >= 0, "a negative duration"
    assert 0 < info.width * info.height <= MAX_PIXELS, "above the limit"


def _check_picture(image: DecodedImage) -> None:
    assert image.pixels.dtype == "uint8", "no bytes"
    height, width, channels = image.pixels.shape
    assert channels == 3, "not RGB"
    assert image.own_size is not None or (image.height, image.width) == (height, width), "another size"
    assert 0 < width * height <= MAX_PIXELS, "above the limit"


def _check_film(film: DecodedVideo) -> str:
    _check_info(film.info)
    assert film.frames.dtype == "uint8", "no bytes"
    assert len(film.frames) == len(film.times) > 0, "no frames"
    assert film.frames.shape[3] == 3, "not RGB"
    assert all(math.isfinite(time) and time >= 0 for time in film.times), "impossible times"
    assert all(a <= b for a, b in pairwise(film.times)), "times go back"
    return "read in part" if film.notice else "read"
