"""Colours are those that a screen would show: sRGB, whatever the file says they are measured in."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from glmv_cli.media.image import read_image
from glmv_cli.messages import MediaSource

# The primaries of sRGB, adapted to the white of profiles (D50).
RED, GREEN, BLUE = (0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
D50 = (0.9642, 1.0, 0.8249)


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...], gamma: float) -> bytes:
    """A matrix profile of ICC version 2 (ICC.1:2001-04, 6.3.1.2)."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {
        b"desc": name + bytes(-len(name) % 4),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz(*D50),
        b"rXYZ": xyz(*red),
        b"gXYZ": xyz(*green),
        b"bXYZ": xyz(*blue),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _whole(tags, b"mntr", b"RGB ", b"XYZ ")


def _whole(tags: dict[bytes, bytes], device: bytes, colours: bytes, connection: bytes) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += struct.pack(">4sII", key, at + len(body), len(value))
        body += value
    size = at + len(body)
    header = struct.pack(">I4sI4s4s4s12x4s", size, b"", 0x02100000, device, colours, connection, b"acsp")
    return (header + bytes(28) + xyz(*D50)[8:]).ljust(128, b"\0") + table + body


def ink_profile(inks: Callable[[int, int, int, int], tuple[int, int, int]]) -> bytes:
    """A printer whose inks, none or all of each, give those colours in CIELAB of 8 bits (ICC.1:2001-04, 6.5.8)."""
    ramp = bytes(range(256))
    colours = [inks(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    unity = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + unity + ramp * 4 + b"".join(map(bytes, colours)) + ramp * 3
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"inks\0" + bytes(78)
    tags = {b"desc": name + bytes(-len(name) % 4), b"wtpt": xyz(*D50), b"A2B0": lut + bytes(-len(lut) % 4)}
    return _whole(tags, b"prtr", b"CMYK", b"Lab ")


def seen(image: Image.Image, format: str = "PNG", **options: Any) -> list[list[int]]:
    file = io.BytesIO()
    image.save(file, format, **options)
    decoded = read_image(MediaSource("a", data=file.getvalue()), max_pixels=10_000)
    return [[int(value) for value in pixel] for pixel in decoded.pixels[0]]


def row(mode: str, *pixels: Any) -> Image.Image:
    image = Image.new(mode, (len(pixels), 1))
    for x, pixel in enumerate(pixels):
        image.putpixel((x, 0), pixel)
    return image


def near(found: list[list[int]], expected: Sequence[tuple[int, ...]], tolerance: int = 2) -> bool:
    return bool(np.abs(np.array(found) - np.array(expected)).max() <= tolerance)


def test_primaries_of_a_profile_become_those_of_srgb() -> None:
    swapped = profile(BLUE, GREEN, RED, 2.2)
    image = row("RGB", (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0))
    expected = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0)]
    for format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        assert near(seen(image, format, icc_profile=swapped, **options), expected)


def test_linear_light_becomes_the_curve_of_srgb() -> None:
    linear = profile(RED, GREEN, BLUE, 1.0)
    # 0.2140 and 0.0331 of the light are 0.5 and 0.2 in sRGB (IEC 61966-2-1).
    levels = [(round(255 * light),) * 3 for light in (0.2140, 0.0331)]
    assert near(seen(row("RGB", *levels), icc_profile=linear), [(128,) * 3, (51,) * 3], tolerance=3)


def test_alpha_stays_while_colours_are_converted() -> None:
    image = row("RGBA", (255, 0, 0, 255), (255, 0, 0, 0), (255, 0, 0, 128))
    swapped = profile(BLUE, GREEN, RED, 2.2)
    assert near(seen(image, icc_profile=swapped), [(0, 0, 255), (255, 255, 255), (127, 127, 255)])


def test_a_palette_is_converted_too() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    assert near(seen(image, icc_profile=profile(BLUE, GREEN, RED, 2.2)), [(0, 0, 255), (255, 0, 0)])


def test_an_srgb_profile_changes_nothing() -> None:
    profile_of_pillow = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = [(r, g, 255 - r) for r in range(0, 256, 15) for g in (0, 99, 255)]
    assert seen(row("RGB", *pixels), icc_profile=profile_of_pillow) == [list(pixel) for pixel in pixels]


@pytest.mark.parametrize("broken", [b"not a profile", bytes(128), profile(RED, GREEN, BLUE, 1.0)[:150]])
def test_a_broken_profile_costs_only_the_conversion(broken: bytes) -> None:
    assert seen(row("RGB", (10, 20, 30)), icc_profile=broken) == [[10, 20, 30]]


def test_a_profile_for_other_colours_is_ignored() -> None:
    assert seen(row("L", 7), icc_profile=profile(BLUE, GREEN, RED, 2.2)) == [[7, 7, 7]]


def test_lab_is_understood() -> None:
    # CIE lightness 100 is white, 53.4 the middle of sRGB; channels are L·255/100, and a and b plus 128.
    assert near(
        seen(row("LAB", (255, 128, 128), (0, 128, 128), (136, 128, 128)), "TIFF"), [(255,) * 3, (0,) * 3, (128,) * 3]
    )


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_inks_are_what_their_profile_says(format: str) -> None:
    """Cyan is red on this printer."""

    def inks(c: int, m: int, y: int, k: int) -> tuple[int, int, int]:
        if m or y or k:
            return (0, 128, 128)
        return (138, 209, 198) if c else (255, 128, 128)  # CIELAB 54, 81, 70: the red of sRGB

    image = Image.new("CMYK", (48, 16))
    image.paste((255, 0, 0, 0), (16, 0, 32, 16))
    image.paste((0, 0, 0, 255), (32, 0, 48, 16))
    options = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    found = seen(image, format, icc_profile=ink_profile(inks), **options)
    assert near([found[8], found[24], found[40]], [(255, 255, 255), (255, 0, 0), (0, 0, 0)], tolerance=8)
    plain = seen(image, format, **options)
    assert near([plain[8], plain[24], plain[40]], [(255, 255, 255), (0, 255, 255), (0, 0, 0)], tolerance=8)


def test_a_grey_profile_bends_greys() -> None:
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 256) + bytes(2)  # linear light
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(78)
    tags = {b"desc": name + bytes(-len(name) % 4), b"wtpt": xyz(*D50), b"kTRC": curve}
    linear = _whole(tags, b"mntr", b"GRAY", b"XYZ ")
    assert near(seen(row("L", 0, 55, 255), icc_profile=linear), [(0,) * 3, (128,) * 3, (255,) * 3], tolerance=3)
    half = seen(row("LA", (55, 255), (0, 0)), icc_profile=linear)
    assert near(half, [(128,) * 3, (255,) * 3], tolerance=3)
