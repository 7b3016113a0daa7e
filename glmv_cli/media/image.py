"""Pictures: any mode and orientation to upright RGB."""

from __future__ import annotations

import contextlib
import sys

from PIL import ExifTags, ImageOps

from glmv_cli.media.colour import to_rgb
from glmv_cli.media.document import is_pdf
from glmv_cli.media.frames import DecodedImage, FrameFit
from glmv_cli.media.picture_file import DAMAGE, open_picture
from glmv_cli.messages import MediaSource

_LIES_ON_ITS_SIDE = 5
"""From this value of the orientation on, EXIF swaps width and height."""


def read_image(source: MediaSource, *, max_pixels: int, fit_page: FrameFit | None = None) -> DecodedImage:
    """Decode a picture, of an animated one the first frame, or a page. Alpha is laid over white.

    A page of a PDF is drawn as large as ``fit_page`` says. Raises what :func:`open_picture` and
    :func:`glmv_cli.media.pdf.read_page` do.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import read_page  # pdfium

        return read_page(source, max_pixels=max_pixels, fit=fit_page)
    with open_picture(source, max_pixels=max_pixels) as image:
        image.load()
        # A broken EXIF block costs the rotation, not the picture.
        with contextlib.suppress(*DAMAGE):
            ImageOps.exif_transpose(image, in_place=True)
        return DecodedImage(to_rgb(image))


def image_size(source: MediaSource) -> tuple[int, int]:
    """Width and height of a picture after rotation, by its header: nothing is decoded, nor proved to be whole.

    Raises :class:`MediaError` if the header cannot be read, :class:`InputNotFoundError` if the file cannot be opened.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import page_size  # pdfium

        return page_size(source)
    with open_picture(source, max_pixels=sys.maxsize) as image:
        width, height = image.size
        with contextlib.suppress(*DAMAGE):
            if image.getexif().get(ExifTags.Base.Orientation, 1) >= _LIES_ON_ITS_SIDE:
                width, height = height, width
        return width, height
