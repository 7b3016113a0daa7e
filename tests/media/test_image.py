"""Pictures of any kind become upright RGB, or errors."""

from __future__ import annotations

import io
import random
import struct
import sys
import time
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import MediaSource

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def decoded(data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray[Any, np.dtype[np.uint8]]:
    image = read_image(MediaSource("a.png", data=data), max_pixels=max_pixels)
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape == (image.height, image.width, 3)
    assert image.pixels.flags.writeable
    return image.pixels


def refused(data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> MediaError:
    with pytest.raises(MediaError) as caught:
        read_image(MediaSource("a.png", data=data), max_pixels=max_pixels)
    assert caught.value.message.startswith("a.png ")
    assert caught.value.hint
    return caught.value


def corners() -> Image.Image:
    """20 x 10: red, green / blue, white."""
    image = Image.new("RGB", (20, 10), "white")
    image.paste(RED, (0, 0, 10, 5))
    image.paste(GREEN, (10, 0, 20, 5))
    image.paste(BLUE, (0, 5, 10, 10))
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("JPEG", {"quality": 95}),
        ("JPEG2000", {}),
        *((format, {}) for format in ("PPM", "QOI", "DDS", "SGI", "PCX", "BLP")),
    ],
)
def test_every_format_gives_its_pixels(format: str, options: dict[str, Any]) -> None:
    image = corners()
    if format == "BLP":
        image = image.quantize(4)
    pixels = decoded(encoded(image, format, **options)).astype(int)
    assert np.abs(pixels[[2, 2, 7, 7], [4, 15, 4, 15]] - [RED, GREEN, BLUE, WHITE]).max() <= 6


def test_avif_gives_its_pixels() -> None:
    pixels = decoded(encoded(Image.new("RGB", (16, 16), (200, 100, 50)), "AVIF", quality=100)).astype(int)
    assert np.abs(pixels - [200, 100, 50]).max() <= 6


def heic(image: Image.Image, **options: Any) -> bytes:
    heif = pytest.importorskip("pillow_heif", reason="HEIC is an extra", exc_type=ImportError)
    heif.register_heif_opener()
    return encoded(image, "HEIF", **options)


def test_heic_gives_its_pixels_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = decoded(heic(corners().resize((200, 100)), quality=95, exif=exif.tobytes())).astype(int)
    assert pixels.shape == (200, 100, 3)
    found = [pixels[40, 20], pixels[40, 80], pixels[160, 20], pixels[160, 80]]
    assert np.abs(np.array(found) - [BLUE, RED, WHITE, GREEN]).max() <= 12


def test_heic_without_its_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    error = refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    assert "glmv-cli[heic]" in (error.hint or "")


def test_a_large_heic_is_refused_by_its_header() -> None:
    assert "limit" in refused(heic(Image.new("RGB", (64, 48))), max_pixels=3000).message


# What stands in the four corners once the picture is upright, by the EXIF standard.
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_exif_orientation_turns_the_pixels(orientation: int, upright: list[tuple[int, int, int]], format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    quality = {"quality": 95, "subsampling": 0} if format == "JPEG" else {"quality": 100}
    options = quality if format in ("JPEG", "WEBP", "AVIF") else {}
    pixels = decoded(encoded(corners(), format, exif=exif, **options))
    assert pixels.shape == ((10, 20, 3) if orientation < 5 else (20, 10, 3))
    found = np.array([pixels[1, 1], pixels[1, -2], pixels[-2, 1], pixels[-2, -2]]).astype(int)
    assert np.abs(found - upright).max() <= 10


def test_a_broken_exif_block_costs_only_the_rotation() -> None:
    assert decoded(encoded(corners(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).shape == (10, 20, 3)


def test_alpha_is_laid_over_white() -> None:
    image = Image.new("RGBA", (3, 1))
    image.putdata([(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 128)])
    assert decoded(encoded(image))[0].tolist() == [[255, 0, 0], [255, 255, 255], [127, 127, 127]]


def test_transparent_palette_colours_and_grey_alpha_are_laid_over_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    assert decoded(encoded(image, transparency=0))[0].tolist() == [[255, 255, 255], [0, 0, 255]]
    assert decoded(encoded(Image.new("LA", (1, 1), (0, 0))))[0, 0].tolist() == [255, 255, 255]


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    deep = np.array([[0, 128, 129, 257, 32768, 65535]], dtype=np.uint16)
    for format in ("PNG", "TIFF"):
        assert decoded(encoded(Image.fromarray(deep), format))[0, :, 1].tolist() == [0, 0, 1, 1, 128, 255]


def test_numbers_without_a_white_point_are_stretched() -> None:
    values = np.array([[-1.0, 0.0, 1.0, np.nan]], dtype=np.float32)
    assert decoded(encoded(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 128]


@pytest.mark.parametrize(("mode", "value"), [("1", 1), ("L", 255)])
def test_grey_modes_become_rgb(mode: str, value: int) -> None:
    assert decoded(encoded(Image.new(mode, (2, 2), value))).tolist() == [[[255] * 3] * 2] * 2


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(format: str) -> None:
    cyan = decoded(encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), format)).astype(int)
    assert np.abs(cyan - [0, 255, 255]).max() <= 6


def test_an_animation_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert decoded(data)[0, 0].tolist() == list(RED)


def test_size_is_that_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read_image(MediaSource("a", data=encoded(corners(), "JPEG", exif=exif)), max_pixels=200)
    assert (image.width, image.height) == (10, 20)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_a_truncated_picture_is_refused(format: str) -> None:
    whole = encoded(Image.effect_noise((64, 64), 80).convert("RGB"), format)
    decoded(whole)
    refused(whole[: len(whole) // 2])


def test_text_is_refused() -> None:
    assert "JPEG" in (refused(b"hello, world").hint or "")


def test_other_programs_are_never_run_for_a_picture() -> None:
    refused(encoded(Image.new("RGB", (8, 8)), "EPS"))  # Pillow would start Ghostscript


@pytest.mark.parametrize(("width", "height"), [(20_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    start = time.process_time()
    error = refused(bomb(width, height))
    assert time.process_time() - start < 1
    assert f"({width}x{height})" in error.message
    assert f"--max-pixels {width * height}" in (error.hint or "")


def test_the_size_of_a_bomb_is_known_without_decoding_it() -> None:
    assert image_size(MediaSource("a.png", data=bomb(60_000, 60_000))) == (60_000, 60_000)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_by_the_header_is_that_of_the_upright_picture(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(corners(), format, exif=exif)
    height, width = decoded(data).shape[:2]
    assert image_size(MediaSource("a", data=data)) == (width, height)


def test_the_limit_is_exact_and_the_hint_lifts_it() -> None:
    data = encoded(corners())
    error = refused(data, max_pixels=199)
    assert "--max-pixels 200" in (error.hint or "")
    assert decoded(data, max_pixels=200).shape == (10, 20, 3)


def test_a_limit_above_that_of_pillow_holds() -> None:
    """Beyond Pillow's own refusal (179 million) the picture is decoded, and found to be truncated."""
    assert "cannot be decoded" in refused(bomb(20_000, 10_000), max_pixels=300_000_000).message


def test_limits_of_pillow_are_left_as_they_were() -> None:
    before = Image.MAX_IMAGE_PIXELS
    refused(bomb(20_000, 10_000))
    decoded(encoded(corners()))
    assert before == Image.MAX_IMAGE_PIXELS


def test_warnings_of_pillow_do_not_leak() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refused(bomb(10_000, 10_000), max_pixels=60_000_000)
    assert not caught


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("GIF", {}), ("BMP", {}), ("TIFF", {}), ("AVIF", {})],
)
def test_damage_anywhere_ends_in_pixels_or_in_an_error_of_ours(format: str, options: dict[str, Any]) -> None:
    random_ = random.Random(7)
    whole = encoded(Image.effect_noise((40, 30), 80).convert("RGB"), format, **options)
    failures = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(random_.choice((1, 5, 40))):
            data[random_.randrange(len(data))] = random_.randrange(256)
        try:
            read_image(MediaSource("a", data=bytes(data)), max_pixels=1_000_000)
        except MediaError:
            failures += 1
    assert failures > 0
