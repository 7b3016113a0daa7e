from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.frames import DecodedImage
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource
from tools.demo_model.scene import COLORS
from tools.examples.draw import AFTER, BEFORE, FILES, FILM, ONE, SHAPES, check

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples"))


def test_the_committed_files_are_current() -> None:
    assert check(EXAMPLES) == []
    assert {path.name for path in EXAMPLES.iterdir()} == set(FILES)


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 300_000


@pytest.mark.parametrize(("name", "other"), [("before.png", "after.png"), ("one.jpg", "shapes.png")])
def test_a_file_that_shows_something_else_is_found(name: str, other: str, copied: Path) -> None:
    shutil.copyfile(copied / other, copied / name)

    assert [name in fault for fault in check(copied)] == [True]


def test_a_missing_file_is_found(copied: Path) -> None:
    (copied / "film.mp4").unlink()

    assert check(copied) == [f"{copied / 'film.mp4'} is missing"]


def test_one_pixel_of_a_lossless_file_counts(copied: Path) -> None:
    with Image.open(copied / "shapes.png") as image:
        image.putpixel((0, 0), (0, 0, 0))
        image.save(copied / "shapes.png")

    assert len(check(copied)) == 1


def test_the_rotated_picture_is_upright_only_by_its_exif() -> None:
    shape = ONE.shapes[0]
    upright = load(MediaSource("one.jpg", EXAMPLES / "one.jpg"), sampler=lambda info: [0])
    assert isinstance(upright, DecodedImage)
    with Image.open(EXAMPLES / "one.jpg") as stored:
        lying = np.asarray(stored)

    assert (upright.width, upright.height) == (640, 480)
    assert color_at(upright.pixels, shape.cx, shape.cy) == "purple"
    assert lying.shape == (640, 480, 3)
    assert color_at(lying, shape.cx, shape.cy) != "purple"


def color_at(pixels: np.ndarray, cx: float, cy: float) -> str:
    height, width = pixels.shape[:2]
    pixel = pixels[int(cy * height), int(cx * width)].astype(int)
    return min(COLORS, key=lambda name: int(np.abs(pixel - COLORS[name]).sum()))


def test_the_pair_differs_in_one_shape() -> None:
    assert len(set(BEFORE.shapes) - set(AFTER.shapes)) == 1
    assert len(set(AFTER.shapes) - set(BEFORE.shapes)) == 1


def test_scenes_stand_in_reading_order_as_the_model_names_them() -> None:
    assert [s.place for s in SHAPES.shapes] == ["top left", "center", "bottom right"]
    assert [s.place for s in AFTER.shapes] == ["top right", "left"]
    assert [(a.at(0).place, a.at(1).place, a.appears) for a in FILM.actors] == [
        ("bottom left", "bottom right", None),
        ("top", "top", 3),
    ]
