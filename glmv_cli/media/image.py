"""Pictures: any mode and orientation to upright RGB."""

from __future__ import annotations

import contextlib
import sys

from PIL import ExifTags, ImageOps

from glmv_cli.media.colour import to_rgb
from glmv_cli.media.frames import DecodedImage
from glmv_cli.media.picture_file import DAMAGE, open_picture
from glmv_cli.messages import MediaSource

_LIES_ON_ITS_SIDE = 5
"""From this value of the orientation on, EXIF swaps width and height."""


def read_image(source: MediaSource, *, max_pixels: int) -> DecodedImage:
    """Decode a picture, of an animated one the first frame. Alpha is laid over white.

    Raises what :func:`open_picture` does.
    """
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
    with open_picture(source, max_pixels=sys.maxsize) as image:
        width, height = image.size
        with contextlib.suppress(*DAMAGE):
            if image.getexif().get(ExifTags.Base.Orientation, 1) >= _LIES_ON_ITS_SIDE:
                width, height = height, width
        return width, height
