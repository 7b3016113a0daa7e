"""The commands on a pseudo-terminal, as a user sees them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.cli.fakes import Glmv
from tests.render.terminal.emulator import Terminal
from tests.render.terminal.markdowns import EVERYTHING

ROOT = Path(__file__).parent.parent.parent
FAKE = ("-m", "tests.cli.fake_glmv")
WIDTHS = pytest.mark.parametrize("columns", [20, 80, 200])


@pytest.fixture
def environ(glmv: Glmv) -> dict[str, str]:
    """A model that recites, on a terminal that can do what most can."""
    Path("text.md").write_text(EVERYTHING)
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TERM": "xterm-256color",
        "GLMV_MODEL": str(glmv.checkpoint),
        "FAKE": "reciting",
        "FAKE_TEXT": "text.md",
    }


class Ran:
    """A command on a pseudo-terminal, and what is on that after it has ended."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], terminal: Terminal,
                 during: Callable[[Ran], None] = lambda ran: None,
                 stdout: int | None = None, stderr: int | None = None) -> None:  # fmt: skip
        self.terminal = terminal
        self._ours, theirs = pty.openpty()
        self.resize(*terminal.size())
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environ,
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs if stderr is None else stderr,
            start_new_session=True,
        )
        os.close(theirs)
        self.raw = ""
        while self._read():
            during(self)
        self.status = self.process.wait(timeout=60)
        os.close(self._ours)

    def resize(self, columns: int, lines: int) -> None:
        """Another size of the window."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.terminal.resize(columns, lines)

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux: the other end is closed
            return False
        text = data.decode(errors="replace")
        self.raw += text
        self.terminal.write(text)
        return bool(data)


def plain_lines(text: str) -> list[str]:
    return re.sub(r"thought for \d+(\.\d+)? s", "thought for a while", text).splitlines()


def seen(ran: Ran) -> list[str]:
    return plain_lines("\n".join(ran.terminal.lines))


@WIDTHS
@pytest.mark.parametrize("render", ["live", "blocks"])
def test_an_answer_stands_on_the_terminal_once(environ: dict[str, str], columns: int, render: str) -> None:
    slow = Ran([*FAKE, "ask", "hi", "--render", render], {**environ, "FAKE_STEP": "5"}, Terminal(columns))
    quick = Ran([*FAKE, "ask", "hi", "--render", render], {**environ, "FAKE_STEP": "100000"}, Terminal(columns))
    assert slow.status == quick.status == 0
    assert seen(slow) == seen(quick)
    assert seen(slow)[0] == "thought for a while"
    assert not slow.terminal.cursor_hidden


def test_plain_is_the_text_as_it_came(environ: dict[str, str]) -> None:
    ran = Ran([*FAKE, "ask", "hi", "--render", "plain"], environ, Terminal(200))
    assert seen(ran)[1:] == [line.rstrip() for line in EVERYTHING.splitlines()]


def test_a_resize_while_it_streams(environ: dict[str, str]) -> None:
    Path("text.md").write_text("\n\n".join(f"- paragraph{n} " + "and more " * 12 + f"end{n}" for n in range(40)))
    sizes = [(60, 24), (100, 30), (50, 20)]

    def during(ran: Ran) -> None:
        if sizes and len(ran.raw) > 4000 / len(sizes):
            ran.resize(*sizes.pop())

    ran = Ran([*FAKE, "ask", "hi"], {**environ, "FAKE_PAUSE": "0.002"}, Terminal(80), during)
    assert not sizes
    text = " ".join(seen(ran))
    assert re.findall(r"paragraph\d+|end\d+", text) == [f"{w}{n}" for n in range(40) for w in ("paragraph", "end")]


@pytest.mark.parametrize("render", ["live", "blocks", "plain"])
def test_an_interrupt_keeps_what_came_and_marks_it(environ: dict[str, str], render: str) -> None:
    Path("text.md").write_text("First paragraph.\n\n" + "and so on " * 100_000)

    def during(ran: Ran) -> None:
        if "paragraph" in ran.raw and not during_done:
            during_done.append(True)
            time.sleep(0.2)
            ran.process.send_signal(signal.SIGINT)

    during_done: list[bool] = []
    ran = Ran([*FAKE, "ask", "hi", "--render", render], environ, Terminal(80), during)
    assert ran.status == 130
    assert seen(ran)[1] == "First paragraph."
    assert seen(ran)[-1] == "note: interrupted; the answer is not whole"
    assert not ran.terminal.cursor_hidden
    assert ran.terminal.cursor_at == (len(ran.terminal.lines), 0)


def test_the_answer_on_a_terminal_and_the_rest_in_a_file(environ: dict[str, str]) -> None:
    with open("rest.txt", "wb") as rest:
        arguments = [*FAKE, "ask", "hi", "--show-thinking", "full"]
        ran = Ran(arguments, environ, Terminal(80), stderr=rest.fileno())
    assert seen(ran)[0] == "A heading with emphasis"
    assert Path("rest.txt").read_text() == "Let me see. " * 30 + "\n"


def test_the_answer_in_a_file_and_the_rest_on_a_terminal(environ: dict[str, str]) -> None:
    with open("answer.md", "wb") as answer:
        ran = Ran([*FAKE, "ask", "hi"], environ, Terminal(80), stdout=answer.fileno())
    assert seen(ran) == ["thought for a while"]
    assert Path("answer.md").read_text() == EVERYTHING + "\n"


@pytest.mark.parametrize("way", ["option", "variable"])
def test_without_colour_there_is_layout(environ: dict[str, str], way: str) -> None:
    environ |= {"NO_COLOR": "1"} if way == "variable" else {}
    ran = Ran([*FAKE, "ask", "hi", *(["--no-color"] if way == "option" else [])], environ, Terminal(80))
    assert "   • nested two" in seen(ran)
    colors = {code for codes in re.findall(r"\x1b\[([\d;]*)m", ran.raw) for code in codes.split(";")}
    assert not {code for code in colors if code not in ("0", "1", "2", "3", "4", "9")}


def test_a_dumb_terminal_gets_plain_text(environ: dict[str, str]) -> None:
    ran = Ran([*FAKE, "ask", "hi"], {**environ, "TERM": "dumb"}, Terminal(200))
    assert "\x1b" not in ran.raw
    assert "**bold**" in ran.raw


@pytest.mark.slow
@WIDTHS
def test_the_demo_answers_on_a_terminal(environ: dict[str, str], columns: int) -> None:
    picture = str(ROOT / "examples/shapes.png")
    ran = Ran(["-m", "glmv_cli", "describe", picture, "-m", "demo"], environ, Terminal(columns))
    assert ran.status == 0
    lines = seen(ran)
    assert lines[0] == "thought for a while"
    assert " ".join(lines[1:]) == (
        "There are 3 shapes on a gray background: a yellow star at the top left, a red circle at the center and "
        "a blue square at the bottom right."
    )
