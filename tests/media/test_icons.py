"""Icons: Pillow decodes them when it opens them."""

from __future__ import annotations

import io
import struct
import sys

import pytest
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.image import image_size, read_image
from glmv_cli.messages import MediaSource


def icon() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(stream, "ICO", bitmap_format="bmp", sizes=[(32, 32)])
    return stream.getvalue()


def test_an_icon_is_a_picture() -> None:
    source = MediaSource("a.ico", data=icon())
    assert image_size(source) == (32, 32)
    assert read_image(source, max_pixels=32 * 32).pixels[5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("max_pixels", [1 << 20, sys.maxsize])
def test_what_lies_in_an_icon_is_not_made_before_its_size_is_looked_at(max_pixels: int) -> None:
    """The directory says 32 x 32, the bitmap's own header 65,536 x 65,536."""
    damaged = bytearray(icon())
    struct.pack_into("<ii", damaged, 22 + 4, 1 << 16, 1 << 17)  # of the bitmap: the height is that of two
    source = MediaSource("a.ico", data=bytes(damaged))
    for read in (image_size, lambda source: read_image(source, max_pixels=max_pixels)):
        with pytest.raises(MediaError, match="more pixels to decode than its header says"):
            read(source)
