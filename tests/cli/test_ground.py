"""``glmv ground``: boxes as lines, as JSON, and on the picture."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glmv_cli.events import AnswerDelta, Box, Event, Finished, FinishReason, ThinkingDelta, Timings, Usage
from glmv_cli.messages import ChatRequest
from tests.cli.fakes import FakeSession, Glmv

BOXES = (Box(1, 2, 30, 20), Box(5, 6, 7, 8))


@dataclass
class Pointing(FakeSession):
    """Answers with boxes, or without."""

    boxes: tuple[Box, ...] = BOXES
    reason: FinishReason = "stop"

    def _events(self, request: ChatRequest) -> Iterator[Event]:
        yield ThinkingDelta("Hm.")
        yield AnswerDelta("there")
        yield Finished("Hm.", "there", self.boxes, self.reason, Usage(9, 4, 0, 2, 3), Timings(0, 0, 0, 0, 0, 9.0))


@pytest.fixture
def pointing(glmv: Glmv, folder: Path) -> Glmv:
    Image.new("RGB", (40, 30), "white").save("photo.png")
    glmv.session = Pointing()
    return glmv


def pixels(name: str) -> NDArray[np.uint8]:
    with Image.open(name) as image:
        return np.array(image)


def test_a_line_for_each_box(pointing: Glmv) -> None:
    ran = pointing("ground", "photo.png", "the cat")
    assert (ran.status, ran.stdout, ran.stderr) == (0, "1 2 30 20\n5 6 7 8\n", "")
    assert ran.prompts == ["Help me to locate the cat in the image and give me its bounding boxes."]


def test_the_record_has_them_too(pointing: Glmv) -> None:
    record = json.loads(pointing("ground", "photo.png", "the cat", "--json").stdout)
    assert record["boxes"][1] == {"x1": 5, "y1": 6, "x2": 7, "y2": 8}


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_box_is_an_error(pointing: Glmv, folder: Path, form: tuple[str, ...]) -> None:
    pointing.session = Pointing(boxes=())
    ran = pointing("ground", "photo.png", "the cat", "-o", "out.png", *form)
    assert ran.status == 1
    assert ran.stderr.startswith("error: the model gave no box, but said: there\n")
    assert not list(folder.glob("out.png*"))
    assert (json.loads(ran.stdout)["error"]["exit_code"] == 1) if form else (ran.stdout == "")


def test_an_answer_that_was_cut_off_says_so(pointing: Glmv) -> None:
    pointing.session = Pointing(boxes=(), reason="length")
    assert "cut off before any box" in pointing("ground", "photo.png", "the cat").stderr


def test_boxes_are_drawn_inside_their_edges(pointing: Glmv) -> None:
    assert pointing("ground", "photo.png", "the cat", "-o", "out.png").status == 0
    drawn = pixels("out.png")
    changed = np.argwhere((drawn != 255).any(-1))
    assert drawn.shape == (30, 40, 3)
    assert (changed.min(0).tolist(), changed.max(0).tolist()) == ([2, 1], [19, 29])
    assert (drawn[10:18, 10:28] == 255).all()
    assert not list(Path().glob("*.partial"))


def test_it_is_drawn_upright(pointing: Glmv) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (30, 40), "white").save("photo.jpg", exif=exif)
    pointing.session = Pointing(boxes=(Box(1, 2, 40, 20),))
    assert pointing("ground", "photo.jpg", "the cat", "-o", "out.png").status == 0
    assert pixels("out.png").shape == (30, 40, 3)


@pytest.mark.parametrize("name", ["out", "out.txt", "-"])
def test_a_file_that_is_no_picture_is_refused_before_a_model_is_loaded(pointing: Glmv, name: str) -> None:
    ran = pointing("ground", "photo.png", "the cat", "-o", name)
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])


def test_a_file_in_no_folder_is_told_before_a_model_is_loaded(pointing: Glmv) -> None:
    ran = pointing("ground", "photo.png", "the cat", "-o", "none/out.png")
    assert (ran.status, ran.stdout, ran.opened) == (1, "", [])


def test_a_picture_that_is_too_large_for_its_format_is_an_error(pointing: Glmv, folder: Path) -> None:
    Image.new("RGB", (17_000, 10)).save("photo.png")
    ran = pointing("ground", "photo.png", "the cat", "-o", "out.webp")
    assert (ran.status, ran.stdout) == (65, "1 2 30 20\n5 6 7 8\n")
    assert not (folder / "out.webp").exists()


def test_a_film_has_no_boxes(pointing: Glmv) -> None:
    ran = pointing("ground", "c.mp4", "the cat")
    assert (ran.status, ran.opened) == (65, [])


def test_a_film_has_a_record_that_says_so(pointing: Glmv) -> None:
    ran = pointing("ground", "c.mp4", "the cat", "--json")
    record = json.loads(ran.stdout)
    assert (ran.status, record["source"], record["error"]["exit_code"]) == (65, "c.mp4", 65)
    assert record["error"]["message"] in ran.stderr


def test_the_picture_itself_is_not_drawn_over(pointing: Glmv) -> None:
    before = Path("photo.png").read_bytes()
    Path("link.png").symlink_to("photo.png")
    for name in ("photo.png", "link.png"):
        ran = pointing("ground", "photo.png", "the cat", "-o", name)
        assert (ran.status, ran.stdout, ran.opened) == (2, "", [])
        assert f"error: -o {name} would replace what is asked about" in ran.stderr
    assert Path("photo.png").read_bytes() == before


def test_options_on_how_text_is_shown_are_not_there(pointing: Glmv) -> None:
    assert pointing("ground", "photo.png", "the cat", "--render", "plain").status == 2


def test_nothing_to_look_for_is_refused(pointing: Glmv) -> None:
    assert pointing("ground", "photo.png", " ").status == 2


def test_a_picture_from_standard_input(pointing: Glmv) -> None:
    ran = pointing("ground", "-", "the cat", "-o", "out.png", stdin=Path("photo.png").read_bytes())
    assert ran.status == 0
    assert pixels("out.png").shape == (30, 40, 3)


@pytest.mark.slow
def test_the_demo_finds_what_is_drawn(tmp_path: Path) -> None:
    picture = Path(__file__).parent.parent.parent / "examples/shapes.png"
    command = [sys.executable, "-m", "glmv_cli", "ground", str(picture), "-m", "demo", "--no-think"]
    blue_square = [*command, "the blue square", "-o", str(tmp_path / "out.webp")]
    done = subprocess.run(blue_square, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    x1, y1, x2, y2 = map(int, done.stdout.split())
    blue = pixels(str(picture))[y1:y2, x1:x2].reshape(-1, 3).astype(int)
    assert (blue[:, 2] - blue[:, 0] > 60).mean() > 0.7
    assert pixels(str(tmp_path / "out.webp")).shape == pixels(str(picture)).shape
    assert subprocess.run([*command, "the purple star"], capture_output=True, check=False).returncode == 1
