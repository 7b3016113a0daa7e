"""Pictures: any mode and orientation to upright RGB."""

from __future__ import annotations

import contextlib
import sys

import numpy as np
from PIL import ExifTags, Image

from glmv_cli.media.colour import to_rgb
from glmv_cli.media.document import is_pdf
from glmv_cli.media.frames import DecodedImage, FrameFit
from glmv_cli.media.limits import DEFAULT_PAGE_SECONDS
from glmv_cli.media.picture_file import DAMAGE, open_picture
from glmv_cli.media.resize import resize_picture
from glmv_cli.messages import MediaSource

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by EXIF's orientation."""
_LIES_ON_ITS_SIDE = 5
"""From this value of the orientation on, EXIF swaps width and height."""


def read_image(
    source: MediaSource,
    *,
    max_pixels: int,
    fit: FrameFit | None = None,
    at_least: int | None = None,
    page_seconds: float = DEFAULT_PAGE_SECONDS,
) -> DecodedImage:
    """Decode a picture, of an animated one the first frame, or a page. Alpha is laid over white.

    ``fit`` says how large: a page of a PDF is drawn so, and of a picture no more leaves Pillow. ``at_least``: so many
    pixels on each side will do; a JPEG is then decoded at an eighth, a quarter or a half of its size, which is many
    times as fast. ``page_seconds``: for drawing a page. Raises what :func:`open_picture`,
    :func:`glmv_cli.media.pdf.read_page` and ``fit`` do.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import read_page  # pdfium

        return read_page(source, max_pixels=max_pixels, fit=fit, seconds=page_seconds)
    with open_picture(source, max_pixels=max_pixels) as image:
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        image.load()
        turn = _TURNS.get(_orientation(image))
        seen = to_rgb(image if turn is None else image.transpose(turn))
        if fit is None:
            return DecodedImage(np.array(seen))  # writable: torch warns about memory that is not
        own_size = (seen.height, seen.width)
        return DecodedImage(resize_picture(seen, *fit(1, *own_size)), own_size)


def image_size(source: MediaSource) -> tuple[int, int]:
    """Width and height of a picture after rotation, by its header: nothing is decoded, nor proved to be whole.

    Raises :class:`MediaError` if the header cannot be read, :class:`InputNotFoundError` if the file cannot be opened.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import page_size  # pdfium

        return page_size(source)
    with open_picture(source, max_pixels=sys.maxsize) as image:
        width, height = image.size
        # Pillow turns TIFF files itself, and says so from the beginning.
        turns = image.format != "TIFF" and _orientation(image) >= _LIES_ON_ITS_SIDE
        return (height, width) if turns else (width, height)


def _orientation(image: Image.Image) -> int:
    """By EXIF, or by XMP; 1 is upright. A block that is broken costs the rotation, not the picture."""
    with contextlib.suppress(*DAMAGE):
        # Not the method of PNG files, which decodes the picture: a block may come after the pixels.
        value = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
        return value if isinstance(value, int) else 1
    return 1
