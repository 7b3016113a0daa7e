"""``glmv inspect``: sizes, tokens and times without a model, and sheets of the very pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.contact_sheet import corners
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.seen import see
from glmv_cli.prompt.sight import Sight
from tests.cli.fakes import Glmv
from tests.releases import RELEASES

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
DEMO: dict[str, str] = {}
"""An environment in which nothing is configured."""


@pytest.fixture
def picture(folder: Path) -> str:
    Image.new("RGB", (640, 480), "red").save(folder / "red.png")
    return "red.png"


def test_a_table_says_what_is_seen_and_what_it_costs(glmv: Glmv, picture: str) -> None:
    ran = glmv("inspect", picture, str(EXAMPLES / "film.mp4"), environ=DEMO)
    assert (ran.status, ran.stderr, ran.opened) == (0, "", [])
    title, _, header, first, second, _, total = ran.stdout.splitlines()
    assert title == "as demo sees it"
    assert header.split() == ["source", "kind", "size", "shown", "as", "grid", "tokens", "times"]
    assert first.split() == ["red.png", "picture", "640×480", "168×140", "1×10×12", "30"]
    assert second.split()[1:] == [
        *("film", "320×240,", "60", "frames", "140×112,", "10", "frames", "5×8×10", "100"),
        *("0.0", "0.5", "1.0", "…", "4.5", "s"),
    ]
    assert total == "together 130 tokens"


def test_json_is_one_object_a_line(glmv: Glmv, picture: str) -> None:
    ran = glmv("inspect", picture, str(EXAMPLES / "film.mp4"), "--json", environ=DEMO)
    red, film = map(json.loads, ran.stdout.splitlines())
    assert red == {
        "source": "red.png",
        "kind": "picture",
        "size": [640, 480],
        "shown_as": [168, 140],
        "grid": [1, 10, 12],
        "tokens": 30,
        "film": None,
        "notice": None,
        "sheet": None,
    }
    assert film["film"]["times"] == [index / 2 for index in range(10)]
    assert film["film"]["time_texts"] == ["0", "1", "2", "3", "4"]


def test_a_part_of_a_film_keeps_the_times_of_the_film(glmv: Glmv) -> None:
    film = str(EXAMPLES / "film.mp4")
    ran = glmv("inspect", film, "--start", "0:02", "--end", "4.5", "--fps", "4", "--json", environ=DEMO)
    assert json.loads(ran.stdout)["film"]["times"] == [2 + index / 4 for index in range(10)]
    few = glmv("inspect", film, "--max-frames", "4", "--max-video-tokens", "40", "--json", environ=DEMO)
    fact = json.loads(few.stdout.splitlines()[-1])
    assert fact["film"]["times"] == [0.0, 1.5, 3.0, 4.5]
    assert fact["tokens"] <= 40
    late = glmv("inspect", film, "--start", "1:00", environ=DEMO)
    assert late.status == 65
    assert "film.mp4: the film ends at 5.0 s: --start 60 leaves nothing" in late.stderr


def test_a_budget_of_a_token_is_one_pair_of_frames(glmv: Glmv) -> None:
    ran = glmv("inspect", str(EXAMPLES / "film.mp4"), "--max-video-tokens", "1", "--json", environ=DEMO)
    assert json.loads(ran.stdout)["tokens"] == 1


def test_a_budget_shows_before_anything_is_computed(glmv: Glmv, picture: str) -> None:
    ran = glmv("inspect", picture, "--max-image-tokens", "9", "--json", environ=DEMO)
    assert json.loads(ran.stdout)["tokens"] <= 9
    ran = glmv("inspect", picture, "--min-image-tokens", "999", environ=DEMO)
    assert ran.status == 2
    assert "--min-image-tokens 999 is more than a picture may have: 35" in ran.stderr


def test_sheets_hold_the_pixels_that_are_seen(glmv: Glmv, picture: str, folder: Path) -> None:
    ran = glmv("inspect", picture, str(EXAMPLES / "film.mp4"), "-o", "sheets/new", "--json", environ=DEMO)
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [record["sheet"] for record in records] == ["sheets/new/01-red.png", "sheets/new/02-film.png"]
    with Image.open(folder / records[0]["sheet"]) as sheet:
        (x, y), *_ = corners(1, 140, 168)
        assert (np.asarray(sheet)[y : y + 140, x : x + 168] == [255, 0, 0]).all()


@pytest.mark.parametrize("release", ["glm4v_moe", "glm46v"])
def test_a_directory_of_configs_is_enough_for_the_pixels_of_its_family(glmv: Glmv, folder: Path, release: str) -> None:
    (folder / release).mkdir()
    for name, content in ({"config.json": RELEASES[release].config} | RELEASES[release].processor_configs).items():
        (folder / release / name).write_text(json.dumps(content))
    names = ["shapes.png", "film.mp4"]
    ran = glmv("inspect", *(str(EXAMPLES / name) for name in names), "-m", release, "-o", ".", "--json", environ=DEMO)
    assert (ran.status, ran.stderr) == (0, "")
    for name, record in zip(names, map(json.loads, ran.stdout.splitlines()), strict=True):
        seen = see(
            MediaSource(name, EXAMPLES / name), Sight.of(folder / release), SeeingOptions(), max_pixels=1_000_000
        )
        with Image.open(folder / record["sheet"]) as image:
            sheet = np.asarray(image)
        width, height = record["shown_as"]
        places = corners(len(seen.frames), height, width, seen.together)
        for frame, (x, y) in zip(seen.frames, places, strict=True):
            assert np.array_equal(sheet[y : y + height, x : x + width], frame)
        assert record["tokens"] == seen.tokens == record["grid"][0] * (width // 28) * (height // 28)
    with Image.open(EXAMPLES / "shapes.png") as image:
        resized = np.asarray(image.convert("RGB").resize((644, 476), Image.Resampling.BICUBIC))
    with Image.open(folder / "01-shapes.png") as image:
        [(x, y)] = corners(1, 476, 644)
        assert np.array_equal(np.asarray(image)[y : y + 476, x : x + 644], resized)


def test_a_sheet_that_cannot_be_written_is_explained(glmv: Glmv, picture: str) -> None:
    ran = glmv("inspect", picture, "-o", "text.png", environ=DEMO)
    assert ran.status == 2
    assert "cannot be written" in ran.stderr


def test_what_cannot_be_used_does_not_stop_the_others(glmv: Glmv, picture: str) -> None:
    ran = glmv("inspect", "none.png", "text.png", picture, "--json", environ=DEMO)
    assert ran.status == 66
    assert [json.loads(line)["source"] for line in ran.stdout.splitlines()] == ["red.png"]
    assert ran.stderr.count("error: ") == 2


def test_a_picture_may_come_from_standard_input(glmv: Glmv, picture: str, folder: Path) -> None:
    ran = glmv("inspect", "-", "-o", ".", stdin=(folder / picture).read_bytes(), environ=DEMO)
    assert "standard input" in ran.stdout
    assert (folder / "01-stdin.png").exists()


def test_a_model_that_only_reads_is_refused(glmv: Glmv, picture: str) -> None:
    (glmv.checkpoint / "config.json").write_text('{"model_type": "glm4_moe"}')
    ran = glmv("inspect", picture)
    assert ran.status == 2
    assert "reads text only" in ran.stderr
