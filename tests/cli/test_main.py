"""The process as a whole: its streams, its signals, its end."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from glmv_cli import __version__
from tests.cli.fakes import Glmv

ROOT = Path(__file__).parent.parent.parent
FAKE = f"{sys.executable} -m tests.cli.fake_glmv"
REAL = f"{sys.executable} -m glmv_cli"

needs_dev_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")


@pytest.fixture
def environ(glmv: Glmv) -> dict[str, str]:
    """For processes: they find the package from any directory, and a checkpoint that is not read."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "GLMV_MODEL": str(glmv.checkpoint)}


def shell(command: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``command`` with bash, which returns the status of the first part of a pipe that fails."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def outcome(command: str, environ: Mapping[str, str]) -> tuple[int, str, str]:
    done = shell(command, environ)
    return done.returncode, done.stdout, done.stderr


def test_the_module_is_the_command(environ: dict[str, str]) -> None:
    assert outcome(f"{REAL} --version", environ) == (0, f"glmv {__version__}\n", "")


def test_an_answer_in_a_pipe(environ: dict[str, str]) -> None:
    assert outcome(f"cat a.png | {FAKE} describe - | cat", environ) == (0, "echo: Describe this image.\n", "")


def test_a_reader_that_has_enough_ends_the_answer_quietly(environ: dict[str, str]) -> None:
    environ["FAKE"] = "endless"
    assert outcome(f"{FAKE} ask hi | head -1", environ) == (141, "counting\n", "")


def test_a_reader_of_the_help_that_has_enough(environ: dict[str, str]) -> None:
    status, stdout, stderr = outcome(f"{REAL} --help | true", environ)
    assert (stdout, stderr) == ("", "")
    assert status in (0, 141)  # `true` may end before or after it is written


@needs_dev_full
@pytest.mark.parametrize("command", [f"{FAKE} ask hi", f"{FAKE} ask hi --json", f"{REAL} --help", f"{REAL} --version"])
def test_a_full_disk_is_told(environ: dict[str, str], command: str) -> None:
    status, _, stderr = outcome(f"{command} > /dev/full", environ)
    assert status == 1
    assert stderr == (
        "error: cannot write the output: No space left on device\n"
        "\nhint: make room on the disk, or write somewhere else\n"
    )


@needs_dev_full
def test_the_exit_code_tells_even_if_nothing_else_can(environ: dict[str, str]) -> None:
    assert outcome(f"{FAKE} describe no-such.png 2> /dev/full", environ)[0] == 1
    assert outcome(f"{FAKE} ask hi > /dev/full 2> /dev/full", environ)[0] == 1


def test_a_closed_output_is_told_before_a_model_is_loaded(environ: dict[str, str]) -> None:
    environ["FAKE"] = "loading"  # takes a minute
    assert outcome(f"{FAKE} ask hi >&-", environ) == (1, "", "error: cannot write the output: Bad file descriptor\n")
    assert outcome(f"{FAKE} ask hi >&- 2>&- <&-", environ) == (1, "", "")


@pytest.mark.parametrize("command", [f"{FAKE} ask hi -o answer.txt", f"{REAL} --help", f"{REAL} --version"])
def test_an_output_that_is_not_needed_may_be_closed(environ: dict[str, str], command: str) -> None:
    assert outcome(f"{command} >&- 2>&- <&-", environ) == (0, "", "")


def test_a_closed_standard_error_does_not_swallow_the_answer(environ: dict[str, str]) -> None:
    assert outcome(f"{FAKE} ask hi 2>&-", environ) == (0, "echo: hi\n", "")
    assert outcome(f"{FAKE} describe no-such.png 2>&-", environ) == (66, "", "")


def test_a_closed_standard_input_is_an_empty_one(environ: dict[str, str]) -> None:
    assert outcome(f"{FAKE} ask hi <&-", environ) == (0, "echo: hi\n", "")
    status, stdout, stderr = outcome(f"{FAKE} describe - <&-", environ)
    assert (status, stdout) == (65, "")
    assert stderr.startswith("error: standard input is empty\n")


def test_a_file_name_that_is_no_text(environ: dict[str, str]) -> None:
    name = b"caf\xe9.png"
    Path(os.fsdecode(name)).write_bytes(Path("a.png").read_bytes())
    status, stdout, _ = outcome(f"{FAKE} describe caf*.png a.png", environ)
    assert (status, stdout.splitlines()[0]) == (0, "==> caf\ufffd.png <==")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_characters(environ: dict[str, str], encoding: str) -> None:
    environ["PYTHONIOENCODING"] = encoding
    assert outcome(f"{FAKE} ask 猫", environ) == (0, "echo: ?\n", "")


def start(environ: Mapping[str, str], *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.cli.fake_glmv", *arguments]
    return subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def read_line(terminal: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(terminal, 1)
    return line


def test_an_interrupted_answer_keeps_what_came(environ: dict[str, str]) -> None:
    environ["FAKE"] = "endless"
    with start(environ, "ask", "hi") as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["counting\n", "0\n"]
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, "")
    assert stdout.endswith("\n")


def test_interrupting_again_changes_nothing(environ: dict[str, str]) -> None:
    environ["FAKE"] = "endless"
    with start(environ, "ask", "hi") as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(5):
            process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, "")


def test_loading_can_be_interrupted(environ: dict[str, str]) -> None:
    environ["FAKE"] = "loading"
    with start(environ, "ask", "hi") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (130, "", "")


def test_on_a_terminal_an_interrupt_ends_the_line(environ: dict[str, str]) -> None:
    environ["FAKE"] = "loading"
    ours, theirs = pty.openpty()
    with start(environ, "ask", "hi", stderr=theirs) as process:
        first = read_line(ours)
        assert b"loading fake" in first
        assert first.endswith(b"loading\r\n")  # what the fake says
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert re.sub(rb"\x1b(\[.|\d)", b"", read_line(ours)).strip() == b""
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(("set_to", "expected"), [(None, "PCI_BUS_ID"), ("FASTEST_FIRST", "FASTEST_FIRST")])
def test_gpus_are_numbered_as_they_are_planned(environ: dict[str, str], set_to: str | None, expected: str) -> None:
    if set_to is not None:
        environ["CUDA_DEVICE_ORDER"] = set_to
    code = "import os; from glmv_cli.cli.main import main; main(); print(os.environ['CUDA_DEVICE_ORDER'])"
    done = shell(f'{sys.executable} -c "{code}" plan demo', environ)
    assert done.stdout.splitlines()[-1] == expected, done.stderr


@pytest.mark.parametrize(
    ("given", "rounds"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "passive"}, "None")],
)
def test_idle_threads_do_not_wait_actively_for_long(
    environ: dict[str, str], given: dict[str, str], rounds: str
) -> None:
    environ = {name: value for name, value in environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    code = "import os; from glmv_cli.cli.main import main; main(); print(os.environ.get('GOMP_SPINCOUNT'))"
    done = shell(f'{sys.executable} -c "{code}" models', environ | given)
    assert done.stdout.splitlines()[-1] == rounds, done.stderr
