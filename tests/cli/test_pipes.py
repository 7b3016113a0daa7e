"""The commands among others, in a real shell."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_a_file_that_is_open_already_is_added_to(environ: dict[str, str], name: str) -> None:
    assert shell(f"{{ echo before; glmv ask hi -o {name}; echo after; }} >> log.txt", environ) == (0, "", "")
    assert Path("log.txt").read_text() == "before\necho: hi\nafter\n"
    assert shell(f"glmv ask hi -o {name} | cat", environ) == (0, "echo: hi\n", "")


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


def test_many_files_from_find(environ: dict[str, str]) -> None:
    Path("sub dir").mkdir()
    Path("sub dir/new\nline.png").write_bytes(Path("a.png").read_bytes())
    find = "find . -name '*.png' -size 16c -print0 | sort -z | xargs -0 glmv describe --jsonl"
    status, stdout, stderr = shell(find, environ)
    assert (status, stderr) == (0, "")
    assert [json.loads(line)["source"] for line in stdout.splitlines()] == [
        "./a.png",
        "./b.png",
        "./sub dir/new\nline.png",
    ]


def test_an_interrupt_keeps_what_came_in_a_file(environ: dict[str, str]) -> None:
    environ["FAKE"] = "endless"
    waits = "until [ -s out.txt.partial ]; do sleep 0.1; done"
    status, _, stderr = shell(f"set -m; glmv ask hi -o out.txt & {waits}; kill -INT $!; wait $!", environ)
    assert status == 130
    assert stderr.startswith("note: what has come is in out.txt.partial\n")
    assert Path("out.txt.partial").read_text().startswith("counting\n0")
    assert not Path("out.txt").exists()


@pytest.mark.parametrize(
    "preparation",
    [
        "unset HOME; export GLMV_HISTORY=0",  # or it would be kept in the home of whoever runs the tests
        "export HOME=$PWD/a.png/home",
        "export HOME=$PWD/locked",
    ],
)
def test_a_home_that_is_missing_or_locked(environ: dict[str, str], preparation: str) -> None:
    Path("locked").mkdir(mode=0o500)
    unset = "unset GLMV_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME"
    assert shell(f"{unset}; {preparation}; glmv ask hi", environ)[:2] == (0, "echo: hi\n")


@pytest.mark.parametrize("variables", ["LC_ALL=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0", "PYTHONIOENCODING=latin-1"])
def test_a_locale_without_unicode(environ: dict[str, str], variables: str) -> None:
    assert shell(f"printf 'caf\\303\\251 猫' | {variables} glmv ask hi -o out.txt", environ) == (0, "", "")
    assert Path("out.txt").read_text("utf-8") == "echo: café 猫\n\nhi\n"
    status, stdout, _ = shell(f"{variables} glmv ask 猫 --jsonl", environ)
    assert status == 0
    assert json.loads(stdout)["source"] is None
