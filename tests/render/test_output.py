from __future__ import annotations

import errno
import fcntl
import io
import os
import pty
import struct
import sys
import termios
from contextlib import suppress
from typing import TextIO

import pytest

from glmv_cli.render.output import Output


def output_to(stdout: TextIO) -> Output:
    return Output(stdout, io.StringIO(), stdout_is_tty=False, stderr_is_tty=False, color=False)


@pytest.mark.parametrize(
    ("environ", "color"),
    [
        ({}, True),
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
    ],
)
def test_the_environment_decides_about_colour(environ: dict[str, str], color: bool) -> None:
    assert Output.of_process(environ).color is color


@pytest.mark.parametrize(
    ("environ", "cursor"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, True), ({"TERM": "dumb"}, False), ({}, False)],
)
def test_the_environment_tells_whether_the_cursor_moves(environ: dict[str, str], cursor: bool) -> None:
    assert Output.of_process(environ).cursor is cursor


def test_the_process_gives_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    stdout, stderr = io.StringIO(), Tty()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    output = Output.of_process({})
    assert (output.stdout, output.stderr) == (stdout, stderr)
    assert (output.stdout_is_tty, output.stderr_is_tty, output.one_screen) == (False, True, False)


def test_of_streams_closed_before_the_start_only_stdout_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    output = Output.of_process({})
    assert output.stdout_is_tty is False
    output.to_stderr("lost")
    with pytest.raises(OSError, match="Bad file descriptor"):
        output.to_stdout("")


@pytest.mark.parametrize(("is_tty", "color"), [(False, True), (True, False), (False, False)])
def test_style_needs_a_terminal_with_colour(is_tty: bool, color: bool) -> None:
    output = Output(io.StringIO(), io.StringIO(), stdout_is_tty=True, stderr_is_tty=is_tty, color=color)
    assert output.styled("x", "2") == "x"


def test_style_is_ended_with_the_text() -> None:
    output = Output(io.StringIO(), io.StringIO(), stdout_is_tty=False, stderr_is_tty=True, color=True)
    assert output.styled("x", "2") == "\x1b[2mx\x1b[0m"


def test_every_write_is_flushed() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")  # keeps text back until it is flushed
    output_to(stream).to_stdout("half a line")
    assert raw.getvalue() == b"half a line"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "é猫\ufffd".encode()),
        ("latin-1", b"\xe9??"),
        ("ascii", b"???"),
    ],
)
def test_what_an_encoding_lacks_is_replaced(encoding: str, written: bytes) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    output_to(stream).to_stdout("é猫\udce9")
    assert raw.getvalue() == written


def test_a_closed_pipe_is_reported() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    stream = open(write_end, "w", encoding="utf-8")  # noqa: SIM115 - closing it fails, too
    with pytest.raises(BrokenPipeError):
        output_to(stream).to_stdout("x")
    with suppress(BrokenPipeError):
        stream.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_is_reported() -> None:
    stream = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 - closing it fails, too
    with pytest.raises(OSError, match="No space") as caught:
        output_to(stream).to_stdout("x")
    assert caught.value.errno == errno.ENOSPC
    with suppress(OSError):
        stream.close()


@pytest.mark.parametrize("columns", [40, 132])
def test_the_width_is_that_of_the_terminal_that_stderr_is(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with open(controller, "rb"), open(terminal, "w") as stderr:
        shown = Output(io.StringIO(), stderr, stdout_is_tty=False, stderr_is_tty=True, color=False)
        assert shown.stderr_columns == columns


def test_without_a_terminal_there_is_a_usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    shown = Output(io.StringIO(), io.StringIO(), stdout_is_tty=False, stderr_is_tty=False, color=False)
    assert shown.stderr_columns == 77
