"""The commands among others, in a real shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.fakes import Glmv

ROOT = Path(__file__).parent.parent.parent
FAKE = f"{sys.executable} -m tests.cli.fake_glmv"


@pytest.fixture
def environ(glmv: Glmv) -> dict[str, str]:
    """For processes: they find the package from any directory, and a checkpoint that is not read."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "GLMV_MODEL": str(glmv.checkpoint)}


def shell(command: str, environ: Mapping[str, str]) -> tuple[int, str, str]:
    """Status, output and errors of ``command`` in bash; the status is that of the first part that fails."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("glmv ", f"{FAKE} ")],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_text_from_another_program(environ: dict[str, str]) -> None:
    assert shell("printf 'a\\nb\\n' | glmv ask review", environ) == (0, "echo: a\nb\n\nreview\n", "")


def test_a_picture_from_another_program(environ: dict[str, str]) -> None:
    assert shell("cat a.png | glmv ask 'what is this' | head -1", environ) == (0, "echo: what is this\n", "")
    assert shell("cat a.png | glmv describe - | head -1", environ) == (0, "echo: Describe this image.\n", "")
    assert shell("glmv ask what < a.png", environ) == (0, "echo: what\n", "")


@pytest.mark.parametrize("redirection", ["< /dev/null", "<&-", "< empty.png"])
def test_no_input_adds_nothing(environ: dict[str, str], redirection: str) -> None:
    assert shell(f"glmv ask hi {redirection}", environ) == (0, "echo: hi\n", "")


def test_a_loop_keeps_its_list(environ: dict[str, str]) -> None:
    loop = 'ls a.png b.png | while read f; do glmv {} "$f" 2> notes; done'
    assert shell(loop.format("describe"), environ)[1] == "echo: Describe this image.\n" * 2
    assert shell(loop.format("ask hi -a"), environ)[1] == "echo: hi\n" * 2
    assert "note: standard input is not read" not in Path("notes").read_text()  # nothing is left for the last one


def test_input_that_is_not_read_is_told(environ: dict[str, str]) -> None:
    status, stdout, stderr = shell("glmv ask hi -a a.png < text.png", environ)
    assert (status, stdout) == (0, "echo: hi\n")
    assert stderr.startswith("note: standard input is not read, ")


@pytest.mark.slow
def test_what_is_waited_for_is_told(environ: dict[str, str]) -> None:
    status, stdout, stderr = shell("(sleep 5; echo late) | glmv ask hi", environ)
    assert (status, stdout) == (0, "echo: late\n\nhi\n")
    assert stderr.startswith("note: waiting for standard input")
