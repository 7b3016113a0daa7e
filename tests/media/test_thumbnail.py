from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.thumbnail import read_thumbnail
from glmv_cli.messages import MediaSource
from tests.media.test_image import corners

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def source(image: Image.Image, form: str, **options: object) -> MediaSource:
    file = io.BytesIO()
    image.save(file, form, **options)
    return MediaSource("a", data=file.getvalue())


def thumbnail(of: MediaSource, width: int, height: int, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray:
    return read_thumbnail(of, width, height, max_pixels=max_pixels)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_becomes_small_and_keeps_its_shape(form: str) -> None:
    large = corners().resize((2000, 1000), Image.Resampling.NEAREST)
    pixels = thumbnail(source(large, form), 40, 40)
    assert pixels.shape == (20, 40, 3)
    assert np.abs(pixels[5, 10].astype(int) - (255, 0, 0)).max() < 4
    assert np.abs(pixels[15, 30].astype(int) - 255).max() < 4


def test_a_small_picture_is_not_enlarged_and_a_thin_one_does_not_vanish() -> None:
    assert thumbnail(source(corners(), "PNG"), 400, 400).shape == (10, 20, 3)
    assert thumbnail(source(Image.new("RGB", (1000, 1)), "PNG"), 10, 10).shape == (1, 10, 3)


def test_a_picture_on_its_side_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees
    assert thumbnail(source(corners().resize((800, 400)), "JPEG", exif=exif), 40, 40).shape == (40, 20, 3)


def test_of_a_film_and_an_animation_the_first_frame_is_shown() -> None:
    film = MediaSource("film.mp4", path=EXAMPLES / "film.mp4")
    assert thumbnail(film, 32, 32).shape == (24, 32, 3)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    moving = source(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert thumbnail(moving, 8, 8)[0, 0].tolist() == [255, 0, 0]


def test_what_is_damaged_or_too_large_is_an_error() -> None:
    with pytest.raises(MediaError):
        thumbnail(MediaSource("a", data=source(corners(), "PNG").data[:60]), 8, 8)  # type: ignore[index]
    with pytest.raises(MediaError):
        thumbnail(MediaSource("a", data=(EXAMPLES / "film.mp4").read_bytes()[:900]), 8, 8)
    with pytest.raises(MediaError, match="more than the limit"):
        thumbnail(MediaSource("film.mp4", path=EXAMPLES / "film.mp4"), 8, 8, max_pixels=1000)
