"""Pictures of more than eight bits keep their greys, whatever their file calls black and white."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.image import read_image
from glmv_cli.messages import MediaSource
from tests.media import raw


def row(data: bytes) -> list[list[int]]:
    image = read_image(MediaSource("a", data=data), max_pixels=1_000_000)
    return [[int(value) for value in pixel] for pixel in image.pixels[0]]


def greys(data: bytes) -> list[int]:
    found = row(data)
    assert all(r == g == b for r, g, b in found)
    return [pixel[0] for pixel in found]


@pytest.mark.parametrize("big_endian", [False, True])
def test_sixteen_bits_are_scaled(big_endian: bool) -> None:
    data = struct.pack(">4H" if big_endian else "<4H", 0, 129, 32768, 65535)
    assert greys(raw.tiff(data, 16, raw.BLACK_IS_ZERO, width=4, big_endian=big_endian)) == [0, 1, 128, 255]


def test_white_may_be_zero() -> None:
    assert greys(raw.tiff(struct.pack("<2H", 0, 65535), 16, raw.WHITE_IS_ZERO, width=2)) == [255, 0]


def test_twelve_bits_are_scaled_by_their_own_white() -> None:
    assert greys(raw.tiff(bytes([0x00, 0x0F, 0xFF]), 12, raw.BLACK_IS_ZERO, width=2)) == [0, 255]


@pytest.mark.parametrize("white", [1023, 65535])
def test_a_portable_graymap_names_its_white(white: int) -> None:
    data = b"P5 3 1 %d " % white + struct.pack(">3H", 0, white // 2, white // 4)
    assert np.abs(np.array(greys(data)) - [0, 127, 64]).max() <= 1


def test_large_unsigned_values_are_not_taken_for_negative_ones() -> None:
    values = struct.pack("<3I", 0, 2**31, 2**32 - 1)
    assert greys(raw.tiff(values, 32, raw.BLACK_IS_ZERO, width=3)) == [0, 128, 255]


def test_signed_values_are_stretched_from_the_darkest_to_the_brightest() -> None:
    values = struct.pack("<3i", -100, 20, 100)
    assert greys(raw.tiff(values, 32, raw.BLACK_IS_ZERO, width=3, sample_format=raw.SIGNED)) == [0, 153, 255]
    values = struct.pack("<2h", -5, 5)
    assert greys(raw.tiff(values, 16, raw.BLACK_IS_ZERO, width=2, sample_format=raw.SIGNED)) == [0, 255]


@pytest.mark.parametrize("bits", [16, 8, 1])
def test_one_grey_of_a_png_may_be_transparent(bits: int) -> None:
    line = {16: struct.pack(">2H", 0, 65535), 8: b"\0\xff", 1: b"\x40"}[bits]
    assert greys(raw.png(line, bits, raw.GREY, width=2, transparent=b"\0\0")) == [255, 255]
    assert greys(raw.png(line, bits, raw.GREY, width=2)) == [0, 255]


def test_one_colour_of_a_deep_png_may_be_transparent() -> None:
    line = struct.pack(">6H", 0x0101, 0x0202, 0x0303, 0x0400, 0x0500, 0x0600)
    found = row(raw.png(line, 16, raw.COLOUR, width=2, transparent=line[:6]))
    assert found == [[255, 255, 255], [4, 5, 6]]


def test_deep_grey_with_alpha_is_laid_over_white() -> None:
    line = struct.pack(">4H", 0x4000, 65535, 0, 0)
    assert greys(raw.png(line, 16, raw.GREY_ALPHA, width=2)) == [64, 255]


def test_deep_colours_keep_their_upper_half() -> None:
    deep = struct.pack("<3H", 0xFFFF, 0x8080, 0x0101)
    assert row(raw.tiff(deep, 16, raw.RGB, samples=3)) == [[255, 128, 1]]
    assert row(raw.tiff(struct.pack("<4H", 65535, 0, 0, 0), 16, raw.CMYK, samples=4)) == [[0, 255, 255]]
    assert row(b"P6 1 1 65535 " + struct.pack(">3H", 0xFFFF, 0x8080, 0)) == [[255, 128, 0]]


def test_colours_multiplied_with_alpha_are_not_multiplied_again() -> None:
    half_red = raw.tiff(bytes([128, 0, 0, 128]), 8, raw.RGB, samples=4, extra=raw.ASSOCIATED)
    assert row(half_red) == [[255, 127, 127]]
    half_white = raw.tiff(bytes([128, 128]), 8, raw.BLACK_IS_ZERO, samples=2, extra=raw.ASSOCIATED)
    assert row(half_white) == [[255, 255, 255]]
    half_black = raw.tiff(bytes([0, 128]), 8, raw.BLACK_IS_ZERO, samples=2, extra=raw.ASSOCIATED)
    assert row(half_black) == [[127, 127, 127]]


def test_large_deep_pictures_are_scaled_in_threads() -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (1100, 1100)).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "TIFF")
    seen = read_image(MediaSource("a", data=file.getvalue()), max_pixels=2_000_000).pixels
    assert np.array_equal(seen[..., 1], np.rint(deep / 257).astype(np.uint8))
