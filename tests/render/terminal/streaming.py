"""Answers that stream to an emulated terminal."""

from __future__ import annotations

from glmv_cli.render.terminal.answer import MarkdownAnswer
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.pace import Pace
from tests.render.terminal.emulator import Terminal
from tests.render.terminal.markdowns import cut


class EachTime(Pace):
    """Never waits."""

    due = True


def answer_on(terminal: Terminal, look: Look | None = None, live: bool = True) -> MarkdownAnswer:
    return MarkdownAnswer(terminal.write, terminal.size, look or Look(), live, EachTime())


def shown(text: str, columns: int, sizes: list[int], look: Look | None = None, live: bool = True) -> Terminal:
    terminal = Terminal(columns)
    answer = answer_on(terminal, look, live)
    for piece in cut(text, sizes):
        answer.write(piece)
    answer.end()
    return terminal
