from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.frames import DecodedVideo, VideoInfo
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource
from tools.demo_model.film import Actor, Film
from tools.demo_model.gallery import CONDITIONS, Condition, save_film, save_picture
from tools.demo_model.scene import Palette, Shape, draw, random_scene

MOVER = Actor(Shape("circle", "red", 0.2, 0.75, 1 / 6), to=(0.8, 0.75))
LATE = Actor(Shape("square", "white", 0.5, 0.25, 1 / 6), appears=2)
FILM = Film("brown", (MOVER, LATE), seconds=3)


def every_frame(info: VideoInfo) -> range:
    return range(info.total_frames)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> DecodedVideo:
    path = tmp_path_factory.mktemp("gallery") / "film.mp4"
    save_film(FILM, path, 160, 120, Palette(Random(0)))
    film = load(MediaSource(path.name, path), sampler=every_frame)
    assert isinstance(film, DecodedVideo)
    return film


def test_a_film_has_a_frame_for_every_twelfth_of_a_second(played: DecodedVideo) -> None:
    assert played.times == pytest.approx([k / 12 for k in range(36)], abs=1e-3)
    assert played.info.duration == pytest.approx(3.0, abs=1e-3)
    assert (played.info.width, played.info.height) == (160, 120)


def test_every_frame_shows_its_moment(played: DecodedVideo) -> None:
    palette = Palette(Random(0))
    for time, frame in zip(played.times, played.frames, strict=True):
        meant = np.asarray(draw(FILM.scene(time), 160, 120, palette, smooth=2)).astype(int)
        assert np.abs(frame - meant).mean() < 4


def test_what_appears_is_there_at_its_very_second_and_not_one_frame_before(played: DecodedVideo) -> None:
    middle = [frame[30, 80].mean() for frame in played.frames]

    assert max(middle[:24]) < 150
    assert min(middle[24:]) > 200


def test_films_are_written_alike_every_time(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        save_film(FILM, tmp_path / name, 160, 120, Palette(Random(0)))

    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.name)
def test_pictures_are_what_their_condition_says(condition: Condition, tmp_path: Path) -> None:
    image = draw(random_scene(Random(1)), 300, 200, Palette(Random(1)))
    path = tmp_path / f"picture{condition.suffix}"
    size = save_picture(image, path, condition)
    stored = Image.open(path)

    assert size == stored.size == (condition.size or (300, 200))
    assert stored.format == ("JPEG" if condition.name == "jpeg" else "PNG")
    drawn = image.resize(size, Image.Resampling.BICUBIC)
    difference = np.abs(np.asarray(stored).astype(int) - np.asarray(drawn))
    assert (difference.max() > 0) == (condition.quality is not None)
    assert difference.mean() < 5
