"""Records a session of ``glmv chat`` with the demo model, and draws it.

    python -m tools.recording.record [--out docs/session.svg] [--check]

Somebody types at a real shell on a pseudo-terminal; what is on its screen is drawn. Two runs differ in how long the
model thinks, and in nothing else; ``--check`` allows for that.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from glmv_cli.kernels import native
from tools.recording.drawing import Shot, svg
from tools.recording.terminal import Shell

_ROOT = Path(__file__).parent.parent.parent
_OUT = _ROOT / "docs" / "session.svg"
_SVG = "{http://www.w3.org/2000/svg}"
_COLUMNS, _LINES = 80, 24
_COMMAND = "glmv chat examples/shapes.png -m demo"
_QUESTIONS = ("What do you see?", "What color is the square?", "Give the box of the red circle.")
_WORD, _LONG, _LAST = 0.25, 3.0, 6.0
"""Seconds."""
_CTRL_D, _CTRL_O = "\x04", "\x0f"
_THOUGHT = "I see"
"""How the reasoning begins that Ctrl-O shows."""
_VARIES = "thought for"


def record() -> str:
    """The SVG of a session."""
    with tempfile.TemporaryDirectory() as home, Shell(_environ(home), _COLUMNS, _LINES) as shell:
        return svg(list(_session(shell)))


def _session(shell: Shell) -> Iterator[Shot]:
    shell.waits(lambda rows: rows[0] == "$", "the shell")
    yield from _typing(shell, _COMMAND)
    shell.types("\r")
    shell.waits(lambda rows: any("tokens]" in row for row in rows), "the picture")
    shell.settles(0.3)
    yield Shot(shell.picture(), _LONG)
    for question in _QUESTIONS:
        yield from _asking(shell, question)
    yield Shot(shell.picture(), _LAST)
    shell.types(_CTRL_D)


def _asking(shell: Shell, question: str) -> Iterator[Shot]:
    yield from _typing(shell, question)
    shell.types("\r")
    shell.waits(lambda rows: _answered(rows, question), "the answer")
    shell.settles(0.3)
    yield Shot(shell.picture(), _LONG)
    if question == _QUESTIONS[0]:
        shell.types(_CTRL_O)
        shell.waits(lambda rows: any(row.startswith(_THOUGHT) for row in rows), "the reasoning")
        shell.settles(0.3)
        yield Shot(shell.picture(), _LONG)


def _typing(shell: Shell, text: str) -> Iterator[Shot]:
    """Word by word."""
    for end in (match.end() for match in re.finditer(r"\S+", text)):
        yield Shot(shell.picture(), _WORD)
        typed = text[:end]
        shell.types(typed[len(typed.rpartition(" ")[0]) :])
        shell.waits(partial(_stands, shell, typed), typed)
        shell.settles(0.2)  # what is suggested
    yield Shot(shell.picture(), _WORD)


def _stands(shell: Shell, typed: str, rows: list[str]) -> bool:
    return shell.before_cursor.endswith(typed)


def _answered(rows: list[str], question: str) -> bool:
    """There is another prompt below the question."""
    asked = max((number for number, row in enumerate(rows) if row == f"> {question}"), default=len(rows))
    return ">" in rows[asked + 1 :]


def _environ(home: str) -> dict[str, str]:
    """Nothing of whoever records, nor of the processor; ``glmv`` is the one of this interpreter."""
    commands = Path(home) / "bin"
    commands.mkdir()
    (commands / "glmv").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m glmv_cli "$@"\n')
    (commands / "glmv").chmod(0o700)
    return {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(_ROOT),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        native.VARIABLE: "exact",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": home,
        "GLMV_HOME": home,
        "PS1": "$ ",
        "PWD": str(_ROOT),
    }


def shown(drawing: str) -> list[list[tuple[str | None, str]]]:
    """Of each picture its rows: where they stand, and what they show but for durations."""
    groups = list(ElementTree.fromstring(drawing).iter(f"{_SVG}g"))
    rows = {f"#{group.get('id')}": "".join(map(_written, group)) for group in groups}
    pictures = [group for group in groups if group.get("class") == "f"]
    return [[(use.get("y"), rows[use.get("href") or ""]) for use in picture] for picture in pictures]


def _written(element: ElementTree.Element) -> str:
    return _VARIES if (element.text or "").startswith(_VARIES) else ElementTree.tostring(element, "unicode")


def main() -> int:
    """Exit code 1 if ``--check`` finds another picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=_OUT)
    parser.add_argument("--check", action="store_true", help="only tell whether the file is current")
    options = parser.parse_args()
    os.chdir(_ROOT)
    drawn = record()
    if not options.check:
        options.out.write_text(drawn, encoding="utf-8")
        return 0
    if options.out.exists() and shown(options.out.read_text(encoding="utf-8")) == shown(drawn):
        return 0
    print(f"{options.out} is not what is recorded now; run: python -m tools.recording.record")
    return 1


if __name__ == "__main__":
    sys.exit(main())
