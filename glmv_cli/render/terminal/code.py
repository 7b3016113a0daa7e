"""Code: its lines as they are, for whoever copies them, in colours if there are any."""

from __future__ import annotations

from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

from glmv_cli.render.sanitize import visible
from glmv_cli.render.terminal.look import Look

FENCE = Style(dim=True)
_CONTEXT = 3_000
"""So many characters above a line are read again to colour it: strings and comments may go over many lines."""


def code_lines(code: str, language: str, look: Look, above: str = "") -> list[Text]:
    """Each line of ``code``; ``above`` is what stands before it in the same block."""
    lines = visible(code).expandtabs(4).split("\n")
    if not look.color:
        return [Text(line) for line in lines]
    if not language:
        return [Text(line, style=Style(color="cyan")) for line in lines]
    context = visible(_last_lines(above)).expandtabs(4)
    start = context.count("\n")
    syntax = Syntax("", language, theme="ansi_dark", background_color="default")
    text = syntax.highlight(context + "\n".join(lines) + "\n")
    colored = text.split("\n", allow_blank=True)[start : start + len(lines)]
    # A lexer may lose empty lines at the end.
    return [*colored, *(Text(line) for line in lines[len(colored) :])]


def _last_lines(code: str) -> str:
    """The whole lines among the last characters of ``code``."""
    if len(code) <= _CONTEXT:
        return code
    return code[-_CONTEXT:].partition("\n")[2]
