"""What is seen of pictures that wait, on a pseudo-terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.chat.person import CHAT, Person

ROW = "▀" * 20


@pytest.fixture
def seeing(environ: dict[str, str]) -> dict[str, str]:
    """A terminal that shows half characters and no more; ``red.png`` is a picture."""
    Image.new("RGB", (20, 8), "red").save("red.png")
    names = ("TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL", "ZELLIJ")
    return {name: value for name, value in environ.items() if name not in names} | {"COLORTERM": "truecolor"}


def test_a_picture_stands_above_its_chip(seeing: dict[str, str]) -> None:
    with Person([*CHAT, "red.png", "--no-think"], seeing) as person:
        person.is_asked()
        person.sees("\n".join([*[ROW] * 4, "[image 1: red.png"]))
        person.types("red.png\r")
        person.sees("[image 2: red.png")
        person.waits(lambda: person.screen.count(ROW) == 8, "the second one")
        person.types("what?\r")
        person.sees("\necho: what?\n")


def test_a_picture_that_is_pasted_and_sent_at_once_is_in_the_question(seeing: dict[str, str]) -> None:
    with Person([*CHAT, "--no-think"], seeing) as person:
        person.is_asked()
        person.types(f"\x1b[200~{Path('red.png').absolute()}\x1b[201~what?\r")
        person.sees("\necho: what?\n")
        person.is_asked()
        assert person.screen.count(ROW) == 4


def test_a_damaged_picture_is_a_chip_alone(seeing: dict[str, str]) -> None:
    Path("cut.png").write_bytes(Path("red.png").read_bytes()[:50])
    with Person([*CHAT, "cut.png", "c.mp4"], seeing) as person:
        person.is_asked()
        person.sees("[image 1: cut.png")
        assert "▀" not in person.screen
        assert "error" not in person.screen


def test_the_preview_can_be_switched(seeing: dict[str, str]) -> None:
    with Person(CHAT, {**seeing, "GLMV_PREVIEW": "off"}) as person:
        person.is_asked()
        person.types("/image red.png\r")
        person.sees("[image 1: red.png")
        person.is_asked()
        assert ROW not in person.screen
        person.types("/preview on\r")
        person.sees(ROW)
        person.is_asked()
        person.types("/preview off\r/preview\r")
        person.sees("> /preview\n[image 1")
        assert person.screen.count(ROW) == 4


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_plain_terminal_shows_no_pictures(seeing: dict[str, str], variable: dict[str, str]) -> None:
    with Person([*CHAT, "red.png"], seeing | variable) as person:
        person.sees("[image 1: red.png")
        assert "▀" not in person.screen


def test_a_pipe_gets_no_pictures(seeing: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *CHAT, "red.png"], env=seeing, input="what?\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == "echo: what?\n"
    assert "▀" not in done.stderr
