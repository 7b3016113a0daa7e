"""The chat with the built-in model."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.chat.person import CTRL_D, Person

SHAPES = str(Path(__file__).parent.parent.parent.parent / "examples" / "shapes.png")


def rows(table: str) -> dict[str, str]:
    """The figures of the last answer by name."""
    return dict(re.findall(r"^ *([a-z ]+?)  +([\d,.]+)", table, re.MULTILINE))


@pytest.mark.slow
def test_a_turn_costs_its_new_tokens_only(environ: dict[str, str]) -> None:
    lines = f"{SHAPES}\nHow many shapes are there?\n/stats\nWhat color is the square?\n/stats\n"
    done = subprocess.run(
        [sys.executable, "-m", "glmv_cli", "chat", "-m", "demo", "--no-think"],
        input=lines, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "3" in done.stdout.splitlines()[0]
    assert "blue" in done.stdout.splitlines()[1]
    first, second = map(rows, done.stderr.split("last")[1:])
    assert first["cached"] == "0"
    assert int(second["cached"]) >= int(first["prompt tokens"]) + int(first["answer tokens"]) - 1
    assert int(second["new"]) < int(first["new"])


@pytest.mark.slow
def test_a_picture_is_shown_with_its_size_and_tokens_and_described(environ: dict[str, str]) -> None:
    with Person(["-m", "glmv_cli", "chat", "-m", "demo", SHAPES], environ) as person:
        person.sees("[image 1: shapes.png 640×480 ≈ 30 tokens]")
        person.is_asked()
        person.types("Describe this image.\r")
        person.sees("a blue")
        person.is_asked()
        person.types(CTRL_D)
        assert person.leaves() == 0
    assert "There are 3 shapes on a gray background" in person.screen
