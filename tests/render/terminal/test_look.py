from __future__ import annotations

import re

import pytest

from glmv_cli.render.terminal.look import Look
from tests.render.terminal.streaming import shown


def test_without_colour_the_marks_of_code_tell() -> None:
    terminal = shown("**bold** `code`\n\n```python\nx = 1\n```", 80, [3], Look(color=False))
    assert terminal.lines == ["bold `code`", "", "```python", "x = 1", "```"]
    groups = re.findall(r"\x1b\[([\d;]*)m", "".join(terminal.writes))
    assert {code for group in groups for code in group.split(";")} <= {"0", "1", "2"}  # bold, dim


def test_without_any_style_all_marks_tell() -> None:
    terminal = shown("## Head\n\n**bold** *word* ~~gone~~", 80, [3], Look(styled=False, color=False), live=False)
    assert terminal.lines == ["## Head", "", "**bold** *word* ~~gone~~"]
    assert "\x1b" not in "".join(terminal.writes)


def test_ascii_has_bullets_and_lines_too() -> None:
    terminal = shown("- a\n\n> b\n\n---\n\n| c | d |\n|---|---|\n| e | f |", 80, [3], Look(unicode=False))
    assert all(line.isascii() for line in terminal.lines)


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "`\x1b[2J`", "```\n\x1b[2J\n```", "    \x1b[2J", "$\x1b[2J$", "[red]\x1b[2J[/red]"]
)
def test_a_model_cannot_steer_the_terminal(text: str) -> None:
    terminal = shown(text, 80, [1])
    assert "\\x1b[2J" in "\n".join(terminal.lines)
    assert "\x1b[2J" not in "".join(terminal.writes)
    if "red" in text:
        assert terminal.lines == ["[red]\\x1b[2J[/red]"]


def test_nor_can_it_with_entities() -> None:
    written = "".join(shown("a&#13;b &#12; &#8; &#27;[2J [x](y&#12;)", 80, [50]).writes)
    assert not set("\x0c\x08") & set(written)
    assert "\rb" not in written
