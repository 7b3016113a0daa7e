"""From a leaf of Markdown to the lines that are printed."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from glmv_cli.render.sanitize import visible, visible_line
from glmv_cli.render.terminal.code import FENCE, code_lines
from glmv_cli.render.terminal.inline import CODE, text_of
from glmv_cli.render.terminal.leaves import Leaf
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.pen import Pen
from glmv_cli.render.terminal.table import Grid, table_lines

_HEADINGS = {"h1": Style(bold=True, underline=True), "h2": Style(bold=True, underline=True)}
_LESSER_HEADING = Style(bold=True)
_LONGEST_RULE = 40
_LEAST_WIDTH = 10
"""However deep a list is nested, its text gets this many cells."""


class Typesetter:
    """Sets one leaf after another; of a fence, also a part of its lines."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._pen = Pen(look)

    def lines(self, leaf: Leaf, width: int, above: str | None = None, fold: bool = False) -> list[str]:
        """The lines of ``leaf``, each with what stands before it, and the gap above.

        Text is wrapped to ``width``; code is so only with ``fold``, for otherwise the terminal does it, and gives it
        back whole to whoever copies it. ``above``: the code of a fence that is printed already, together with
        its first line; it is no more in ``leaf``.
        """
        inner = max(_LEAST_WIDTH, width - cell_len(leaf.first))
        body = self._fence(leaf, inner, above, fold) if leaf.kind == "fence" else self._body(leaf, inner)
        if above is not None:
            return [leaf.rest + line for line in body]
        gap = [] if leaf.gap is None else [leaf.gap]
        return [*gap, leaf.first + body[0], *(leaf.rest + line for line in body[1:])]

    def _body(self, leaf: Leaf, width: int) -> list[str]:
        """At least one line."""
        match leaf.kind:
            case "heading_open":
                return self._pen.wrapped(self._heading(leaf), width)
            case "paragraph_open":
                return self._pen.wrapped(text_of(leaf.tokens[1].children or [], self._look), width)
            case "table_open":
                return table_lines(Grid.of(leaf.tokens, self._look), width, self._pen, self._look)
            case "hr":
                return [self._look.rule * min(width, _LONGEST_RULE)]
            case "code_block":
                code = visible(leaf.tokens[0].content.rstrip("\n")).expandtabs(4)
                return ["    " + line for line in self._pen.wrapped(Text(code, style=CODE), width - 4)]
            case "math_block":
                return self._pen.wrapped(Text(visible(leaf.tokens[0].content)), width)
        return [""]

    def _heading(self, leaf: Leaf) -> Text:
        opening, inline = leaf.tokens[:2]
        text = text_of(inline.children or [], self._look)
        text.stylize_before(_HEADINGS.get(opening.tag, _LESSER_HEADING))
        return text if self._look.styled else Text("#" * int(opening.tag[1:]) + " ") + text

    def _fence(self, leaf: Leaf, width: int, above: str | None, fold: bool) -> list[str]:
        """The lines that mark the code are shown as well: they say what it is without colour."""
        token = leaf.tokens[0]
        texts = [] if above is not None else [Text(token.markup + visible_line(token.info), FENCE)]
        if token.content:
            language = token.info.split()[0] if token.info.split() else ""
            texts += code_lines(token.content.removesuffix("\n"), language, self._look, above or "")
        if leaf.fence_closed:
            texts.append(Text(token.markup, FENCE))
        lines: list[str] = []
        for text in texts:
            too_wide = fold and cell_len(text.plain) > width
            lines += self._pen.wrapped(text, width) if too_wide else [self._pen.line(text)]
        return lines
