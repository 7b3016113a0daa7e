"""Pages of TIFF files: the pictures of the chain, but for smaller versions of others."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.document import pages_of
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.tiff import page_frames
from glmv_cli.messages import MediaSource


def tiff(count: int, big: bool = False) -> bytes:
    """Pages of growing width, each of a grey of its own."""
    pages = [Image.new("L", (10 + index, 8), 20 * index) for index in range(count)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], big_tiff=big)
    return file.getvalue()


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("count", [1, 2, 12])
def test_every_picture_of_the_chain_is_a_page(count: int, big: bool) -> None:
    assert page_frames(io.BytesIO(tiff(count, big))) == list(range(count))


def test_a_page_is_that_picture(tmp_path: Path) -> None:
    (tmp_path / "scan.tif").write_bytes(tiff(5))
    pages = pages_of(MediaSource("scan.tif", path=tmp_path / "scan.tif"))
    assert pages is not None
    assert [page.name for page in pages] == [f"scan.tif, page {number}" for number in range(1, 6)]
    for index, page in enumerate(pages):
        shown = read_image(page, max_pixels=10**6)
        assert image_size(page) == (shown.width, shown.height) == (10 + index, 8)
        assert np.array_equal(shown.pixels, np.full((8, 10 + index, 3), 20 * index))


def test_the_size_of_each_page_is_limited() -> None:
    pages = pages_of(MediaSource("scan.tif", data=tiff(3)))
    assert pages is not None
    read_image(pages[0], max_pixels=80)
    with pytest.raises(MediaError, match="page 3 has 96 pixels"):
        read_image(pages[2], max_pixels=80)


def test_a_single_picture_is_no_page() -> None:
    source = MediaSource("photo.tif", data=tiff(1))
    assert pages_of(source) == (source,)


def entry(tag: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, 4, 1, value)


def chain(*subfile_types: int, circle: bool = False) -> bytes:
    data = b"II*\0" + struct.pack("<I", 8)
    size = 2 + 12 + 4
    for index, kind in enumerate(subfile_types):
        following = 8 + size * (index + 1) if index + 1 < len(subfile_types) else (8 if circle else 0)
        data += struct.pack("<H", 1) + entry(254, kind) + struct.pack("<I", following)
    return data


@pytest.mark.parametrize(
    ("types", "pages"), [((0, 1, 0, 4), [0, 2]), ((2, 2), [0, 1]), ((1, 0, 1), [1]), ((1,), [0]), ((3, 0), [1])]
)
def test_smaller_versions_and_masks_are_no_pages(types: tuple[int, ...], pages: list[int]) -> None:
    assert page_frames(io.BytesIO(chain(*types))) == pages


def test_a_chain_that_runs_in_a_circle_ends() -> None:
    assert page_frames(io.BytesIO(chain(0, 0, 0, circle=True))) == [0, 1, 2]


@given(st.data())
def test_damage_anywhere_ends_in_pages_or_an_error(data: st.DataObject) -> None:
    broken = bytearray(tiff(3))
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(4, len(broken) - 1))] = data.draw(st.integers(0, 255))
    pages = pages_of(MediaSource("scan.tif", data=bytes(broken[: data.draw(st.integers(4, len(broken)))])))
    assert pages
    with suppress(MediaError):
        read_image(pages[-1], max_pixels=10**6)
