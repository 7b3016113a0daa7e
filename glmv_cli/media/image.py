"""Pictures, by Pillow: any mode and orientation to upright RGB."""

from __future__ import annotations

import contextlib
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from glmv_cli.errors import MediaError, MemoryShortageError
from glmv_cli.media.frames import DecodedImage, Pixels
from glmv_cli.media.limits import check_size
from glmv_cli.media.source import open_bytes
from glmv_cli.messages import MediaSource

# Pillow knows more, but some of that runs other programs (EPS) or has no signature to trust (TGA).
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

# What Pillow's decoders raise on damaged bytes; damage is reported by whichever line stumbles over it.
_DAMAGE = (
    OSError,
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

_LIES_ON_ITS_SIDE = 5
"""From this value of the orientation on, EXIF swaps width and height."""

_PILLOW_GLOBALS = threading.Lock()


def read_image(source: MediaSource, *, max_pixels: int) -> DecodedImage:
    """Decode a picture, of an animated one the first frame. Alpha is laid over white.

    Raises:
        MediaError: not a picture, damaged, or more than ``max_pixels`` (by its header, before decoding).
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: it does not fit in memory.
    """
    name = source.name
    try:
        with open_bytes(source) as file, _own_limits(), Image.open(file, formats=_FORMATS) as image:
            check_size(name, image.width, image.height, max_pixels)
            # Pillow's check still guards what shows only now: a TIFF tile that is larger than the picture.
            Image.MAX_IMAGE_PIXELS = max_pixels
            image.load()
            # A broken EXIF block costs the rotation, not the picture.
            with contextlib.suppress(*_DAMAGE):
                ImageOps.exif_transpose(image, in_place=True)
            return DecodedImage(_to_rgb(image))
    except UnidentifiedImageError as error:
        raise MediaError(
            f"{name} is not a picture that can be read",
            hint="supported are PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF; convert others (HEIC) to JPEG",
        ) from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{name} needs more pixels to decode than its header says",
            hint="the file is damaged or made to harm; save it anew if you trust it, or raise --max-pixels",
        ) from error
    except MemoryError as error:
        raise MemoryShortageError(f"{name} does not fit in memory", hint="make it smaller first") from error
    except _DAMAGE as error:
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise MediaError(
            f"{name} cannot be decoded: {reason}",
            hint="the file is probably cut short or damaged; fetch it again",
        ) from error


def image_size(source: MediaSource) -> tuple[int, int]:
    """Width and height of a picture after rotation, by its header: nothing is decoded, nor proved to be whole.

    Raises :class:`MediaError` if the header cannot be read, :class:`InputNotFoundError` if the file cannot be opened.
    """
    try:
        with open_bytes(source) as file, _own_limits(), Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            with contextlib.suppress(*_DAMAGE):
                if image.getexif().get(ExifTags.Base.Orientation, 1) >= _LIES_ON_ITS_SIDE:
                    width, height = height, width
            return width, height
    except _DAMAGE as error:
        raise MediaError(f"{source.name} is not a picture that can be read", hint="fetch it again") from error


@contextlib.contextmanager
def _own_limits() -> Iterator[None]:
    """Set Pillow's limit aside, whatever is put in its place inside, and keep its warnings off stderr.

    Both are globals of the process, and a limit above Pillow's cannot be had otherwise; hence the lock, and
    hence they are put back.
    """
    with _PILLOW_GLOBALS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _to_rgb(image: Image.Image) -> Pixels:
    """Return ``[H, W, 3]``, writable (``np.array`` copies): torch warns about read-only memory."""
    if image.mode.startswith("I;16"):
        # Pillow would clip at 255 instead of scaling.
        return _grey((np.asarray(image).astype(np.uint32) + 128) // 257)
    if image.mode in ("I", "F"):
        # 32-bit values have no agreed white, so the darkest becomes black and the brightest white.
        values = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0, neginf=0)
        span = float(np.ptp(values)) or 1.0
        return _grey(np.rint((values - values.min()) * (255 / span)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _grey(values: NDArray[np.generic]) -> Pixels:
    """``[H, W]`` in 0..255 to ``[H, W, 3]``."""
    return np.repeat(values.astype(np.uint8)[:, :, None], 3, axis=2)
