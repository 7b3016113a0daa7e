"""Picture files, opened by Pillow: its formats that are safe, within limits, its failures in our words."""

from __future__ import annotations

import contextlib
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from glmv_cli.errors import MediaError, MemoryShortageError
from glmv_cli.media.limits import check_size
from glmv_cli.media.sniff import is_heic
from glmv_cli.media.source import open_bytes
from glmv_cli.media.tiff import page_frames
from glmv_cli.messages import MediaSource

# Those that sniffing knows by a signature. Of the rest of Pillow's, some run other programs (EPS, WMF), have no
# signature to trust (TGA, SPIDER), or are names without a decoder (MPEG, HDF5).
_FORMATS = (
    *("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "CUR", "ICNS", "QOI", "DDS"),
    *("PSD", "SGI", "PCX", "DCX", "SUN", "XBM", "XPM", "FITS", "MSP", "BLP", "FTEX", "FLI", "PIXAR"),
)

# What Pillow's decoders raise on damaged bytes; damage is reported by whichever line stumbles over it.
DAMAGE = (
    OSError,
    AssertionError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_ICON = b"\0\0\1\0"
_MOST_OF_AN_ICON = 1 << 22
"""Pixels; they are 256 by 256 at most, unless somebody stretches the format."""

_PILLOW_GLOBALS = threading.Lock()


@contextlib.contextmanager
def open_picture(source: MediaSource, *, max_pixels: int) -> Iterator[Image.Image]:
    """The picture in ``source``, or the page, its header read; whatever Pillow raises inside is raised as one of these.

    Raises:
        MediaError: not a picture, damaged, or more than ``max_pixels`` (by its header, before decoding).
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: it does not fit in memory.
    """
    name = source.name
    try:
        with (
            open_bytes(source) as file,
            _own_limits(_limit_to_open(file, max_pixels)),
            Image.open(file, formats=_formats(name, file)) as image,
        ):
            if source.page is not None:
                _turn_to(source.page, source, file, image)
            check_size(name, image.width, image.height, max_pixels)
            if not image.width or not image.height:
                raise ValueError("it has no pixels")
            # Pillow's check still guards what shows only now: a TIFF tile that is larger than the picture.
            Image.MAX_IMAGE_PIXELS = max_pixels
            yield image
    except UnidentifiedImageError as error:
        raise MediaError(
            f"{name} is not a picture that can be read",
            hint="supported are PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF and others that Pillow reads; convert it to PNG",
        ) from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{name} needs more pixels to decode than its header says",
            hint="the file is damaged or made to harm; save it anew if you trust it, or raise --max-pixels",
        ) from error
    except MemoryError as error:
        raise MemoryShortageError(f"{name} does not fit in memory", hint="make it smaller first") from error
    except DAMAGE as error:
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise MediaError(
            f"{name} cannot be decoded: {reason}",
            hint="the file is probably cut short or damaged; fetch it again",
        ) from error


def _turn_to(page: int, source: MediaSource, file: BinaryIO, image: Image.Image) -> None:
    """Pages of a TIFF are frames to Pillow, which reads the file from wherever it stands."""
    frames = page_frames(file)
    if page > len(frames):
        raise MediaError(f"{source.name}: there are only {len(frames)} pages now", hint="has the file changed?")
    image.seek(frames[page - 1])


def _formats(name: str, file: BinaryIO) -> tuple[str, ...]:
    """What ``file`` may be; HEIC is read by a package of its own, which need not be there."""
    head = file.read(64)
    file.seek(0)
    if not is_heic(head):
        return _FORMATS
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise MediaError(
            f"{name} is a HEIC picture, and the package that reads these is not installed",
            hint="install it with \"pip install 'glmv-cli[heic]'\", or convert the picture to JPEG",
        ) from error
    register_heif_opener(thumbnails=False)
    return (*_FORMATS, "HEIF")


def _limit_to_open(file: BinaryIO, max_pixels: int) -> int | None:
    """Icons are decoded when they are opened; what lies in them has a size of its own, and nobody has looked at it."""
    head = file.read(len(_ICON))
    file.seek(0)
    return min(max_pixels, _MOST_OF_AN_ICON) if head == _ICON else None


@contextlib.contextmanager
def _own_limits(limit: int | None) -> Iterator[None]:
    """Put ``limit`` in the place of Pillow's, and whatever is put there inside, and keep its warnings off stderr.

    Both are globals of the process, and a limit above Pillow's cannot be had otherwise; hence the lock, and
    hence they are put back.
    """
    with _PILLOW_GLOBALS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, limit
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
