"""The demo model answers right on its film in every codec, at every rate, turned by its metadata."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.frames import Pixels
from glmv_cli.messages import ChatRequest
from glmv_cli.session import Session
from tests.asking import ask, user
from tools.corpus.film import Film, Pace, write_film
from tools.demo_model.scene import draw
from tools.examples.draw import FILM, TrueColors

ANSWER = "The red circle moves from the bottom left to the bottom right. The yellow star appears at 3 seconds."
AS_EXAMPLE = Film("film.mp4", "libx264", size=(320, 240), rate=Fraction(12))
CODECS = (
    ("mp4", "libx264", "yuv444p"),
    ("mkv", "libx264", "yuv420p10le"),
    ("ts", "libx264", "yuv420p"),
    ("mp4", "libx265", "yuv420p"),
    ("webm", "libvpx", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("mp4", "libsvtav1", "yuv420p"),
    ("avi", "mpeg4", "yuv420p"),
    ("mpg", "mpeg2video", "yuv420p"),
    ("mpg", "mpeg1video", "yuv420p"),
    ("avi", "mjpeg", "yuvj422p"),
    ("mov", "prores_ks", "yuv422p10le"),
    ("mkv", "ffv1", "bgr0"),
    ("flv", "flv", "yuv420p"),
    ("wmv", "wmv2", "yuv420p"),
)
RATES = (Fraction(15), Fraction(24), Fraction(30000, 1001), Fraction(60))
PACES: dict[Pace, int] = {"drops": 75, "slows": 101}
"""And how many frames they have, of 30 a second, to last as long as the example. Of 75, the one that first has the star
is not dropped: else it is seen half a second later, and the demo model says the second after."""

pytestmark = pytest.mark.usefixtures("default_kernel")


@pytest.fixture(scope="module")
def session(demo_directory: Path) -> Session:
    return Session.open(demo_directory, "demo")


def scene(number: int, seconds: Fraction, width: int, height: int) -> Pixels:
    return np.asarray(draw(FILM.scene(float(seconds)), width, height, TrueColors(), smooth=2))


def answer(session: Session, path: Path) -> str:
    _, finished = ask(session, ChatRequest((user("Describe this video.", str(path)),), think=False))
    return finished.answer


def assert_understood(session: Session, film: Film, directory: Path) -> None:
    frames = PACES.get(film.pace, round(FILM.seconds * film.rate))
    assert answer(session, write_film(replace(film, count=frames), directory, scene)) == ANSWER


@pytest.mark.parametrize(("ending", "codec", "pixel_format"), CODECS)
def test_codecs(session: Session, ending: str, codec: str, pixel_format: str, tmp_path: Path) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"PyAV has no {codec} here")
    # MPEG's first two know only some rates.
    film = replace(AS_EXAMPLE, name=f"a.{ending}", codec=codec, pixel_format=pixel_format, rate=Fraction(24))
    assert_understood(session, film, tmp_path)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("mirror", [False, True])
def test_turned_by_metadata(session: Session, turn: int, mirror: bool, tmp_path: Path) -> None:
    size = AS_EXAMPLE.size if turn == 180 else AS_EXAMPLE.size[::-1]
    assert_understood(session, replace(AS_EXAMPLE, turn=turn, mirror=mirror, size=size), tmp_path)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{float(rate):.5g}")
def test_rates(session: Session, rate: Fraction, tmp_path: Path) -> None:
    assert_understood(session, replace(AS_EXAMPLE, rate=rate), tmp_path)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_variable_rates(session: Session, pace: Pace, ending: str, tmp_path: Path) -> None:
    film = replace(AS_EXAMPLE, name=f"a.{ending}", rate=Fraction(30), pace=pace)
    assert_understood(session, film, tmp_path)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_animated_pictures(session: Session, format: str, tmp_path: Path) -> None:
    width, height = AS_EXAMPLE.size
    frames = [scene(number, Fraction(number, 10), width, height) for number in range(FILM.seconds * 10)]
    first, *others = map(Image.fromarray, frames)
    path = tmp_path / f"a.{format.lower()}"
    first.save(path, format, save_all=True, append_images=others, duration=100)
    assert answer(session, path) == ANSWER
