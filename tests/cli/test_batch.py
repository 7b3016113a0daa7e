"""Many inputs: what is looked at, in which order, and what a second run does."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest

from glmv_cli.cli.batch_inputs import batch_inputs
from glmv_cli.errors import MediaError
from tests.cli.fakes import MP4, PNG, FakeSession, Glmv


@pytest.fixture
def pictures(folder: Path) -> Path:
    """A tree with media, other files, and something hidden."""
    for name, content in {
        "pics/b.png": PNG,
        "pics/a.dat": PNG,
        "pics/deep/er/c.mp4": MP4,
        "pics/notes.txt": b"text",
        "pics/.hidden/d.png": PNG,
        "pics/.e.png": PNG,
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)
    os.mkfifo("pics/pipe")
    return folder / "pics"


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def sources(text: str) -> list[str]:
    return [record["source"] for record in records(text)]


def test_a_directory_is_its_media_in_order(pictures: Path) -> None:
    assert batch_inputs(["pics"]) == ["pics/a.dat", "pics/b.png", "pics/deep/er/c.mp4"]


def test_a_pattern_is_what_matches(pictures: Path) -> None:
    assert batch_inputs(["pics/*.???"]) == ["pics/a.dat", "pics/b.png", "pics/notes.txt"]
    assert batch_inputs(["pics/**/*.mp4"]) == ["pics/deep/er/c.mp4"]
    assert batch_inputs(["pics/dee*"]) == ["pics/deep/er/c.mp4"]
    assert "pics/deep/er/c.mp4" in batch_inputs(["pics/**"])


def test_every_input_is_there_once_in_the_order_of_the_arguments(pictures: Path) -> None:
    assert batch_inputs(["d.mp4", "pics/b.png", "pics", "d.mp4"]) == [
        *("d.mp4", "pics/b.png", "pics/a.dat", "pics/deep/er/c.mp4")
    ]


def test_a_name_with_the_signs_of_a_pattern_is_a_name(folder: Path) -> None:
    Path("a[1].png").write_bytes(PNG)
    assert batch_inputs(["a[1].png", "no*such.png"]) == ["a[1].png", "no*such.png"]


def test_a_line_for_each_input(glmv: Glmv, pictures: Path) -> None:
    ran = glmv("describe", "--batch", "pics")
    assert ran.status == 0
    assert sources(ran.stdout) == ["pics/a.dat", "pics/b.png", "pics/deep/er/c.mp4"]
    assert records(ran.stdout)[2]["answer"] == "echo: Describe this video."
    assert ran.stderr == "note: 3 inputs: 3 answered\n"


def test_errors_are_told_for_each_input(glmv: Glmv, pictures: Path) -> None:
    glmv.session = FakeSession({"pics/b.png": MediaError("pics/b.png is damaged")})
    ran = glmv("describe", "--batch", "pics", "no-*.png", "empty.png")
    assert ran.status == 65
    assert [("error" in record, record["source"]) for record in records(ran.stdout)] == [
        *((False, "pics/a.dat"), (True, "pics/b.png"), (False, "pics/deep/er/c.mp4")),
        *((True, "no-*.png"), (True, "empty.png")),
    ]
    assert ran.stderr.count("error: ") == 3
    assert ran.stderr.endswith("note: 5 inputs: 2 answered, 3 failed\n")


def test_no_model_is_loaded_for_nothing(glmv: Glmv) -> None:
    assert glmv("describe", "--batch", "empty.png").opened == []


def test_a_second_run_asks_what_is_missing(glmv: Glmv, pictures: Path) -> None:
    glmv.session = FakeSession({"pics/b.png": MediaError("pics/b.png is damaged")})
    assert glmv("describe", "--batch", "pics", "-o", "out.jsonl").status == 65
    whole = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(whole[:-20] + "é".encode()[:1])  # the last line is torn, within a character
    Path("out.jsonl").chmod(0o600)
    glmv.session = FakeSession()
    ran = glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "note: 3 inputs: 2 answered, 1 answered before\n")
    assert ran.sources == [("pics/b.png",), ("pics/deep/er/c.mp4",)]
    assert sources(Path("out.jsonl").read_text()) == ["pics/a.dat", "pics/b.png", "pics/deep/er/c.mp4"]
    assert all("answer" in record for record in records(Path("out.jsonl").read_text()))
    assert Path("out.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_run_with_nothing_to_do_loads_nothing(glmv: Glmv, pictures: Path) -> None:
    glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    before = Path("out.jsonl").read_bytes()
    assert glmv("describe", "--batch", "pics", "-o", "out.jsonl").opened == []
    assert Path("out.jsonl").read_bytes() == before


def test_another_question_is_asked_and_keeps_the_other_answers(glmv: Glmv, pictures: Path) -> None:
    glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    glmv("describe", "--batch", "pics", "-o", "out.jsonl", "-p", "How many?")
    assert len(records(Path("out.jsonl").read_text())) == 6


@pytest.mark.parametrize("content", [b"a note\n", b'{"name": 1}\n', b"[1]\n", b"\xff\xd8\n\xff", b"a note"])
def test_a_file_of_something_else_is_left_alone(glmv: Glmv, pictures: Path, content: bytes) -> None:
    Path("out.jsonl").write_bytes(content)
    ran = glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    assert (ran.status, ran.opened, Path("out.jsonl").read_bytes()) == (2, [], content)


def test_two_batches_do_not_write_one_file(glmv: Glmv, pictures: Path) -> None:
    with Path("out.jsonl").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        ran = glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    assert (ran.status, ran.opened) == (1, [])
    assert "another glmv writes to" in ran.stderr


def test_a_file_that_was_replaced_since_it_was_opened_is_not_written(
    glmv: Glmv, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(stream: object, operation: int) -> None:
        Path("new").write_text("")
        Path("new").rename("out.jsonl")

    monkeypatch.setattr(fcntl, "flock", replaced)
    ran = glmv("describe", "--batch", "pics", "-o", "out.jsonl")
    assert (ran.status, ran.opened) == (1, [])


@pytest.mark.parametrize("option", [("--json",), ("--format", "{answer}"), ("--extract", "code"), ("--together",)])
def test_a_batch_has_one_form(glmv: Glmv, option: tuple[str, ...]) -> None:
    assert glmv("describe", "--batch", "a.png", *option).status == 2
