r"""Formulas, which Markdown would read as emphasis and escapes: they are shown as they are written.

``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]`` within a line, ``$$`` and ``\[`` also around whole lines.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# One dollar as in pandoc: no space inside of the signs, no digit after them, so that "$5 and $10" is money.
_INLINE = re.compile(r"\$\$[^$\n]+\$\$|\$(?![\s$])[^$\n]*?(?<![\s\\])\$(?!\d)|\\\([^\n]+?\\\)|\\\[[^\n]+?\\\]")
_CLOSING = {"$$": "$$", "\\[": "\\]"}


def formulas(markdown: MarkdownIt) -> None:
    """A plugin for markdown-it: tokens ``math_inline`` and ``math_block``, whose content is the source."""
    markdown.inline.ruler.before("escape", "math_inline", _inline)
    markdown.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = match.group()
    state.pos = match.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines from one that begins with the opening mark to one that ends with the other, or to an empty line."""
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closing = _CLOSING.get(first[:2])
    if closing is None or (closing in first[2:] and not first[2:].endswith(closing)):
        return False
    if silent:
        return True
    line = start + 1
    closed = first[2:].endswith(closing)
    while not closed and line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        closed = _line(state, line).endswith(closing)
        line += 1
    token = state.push("math_block", "", 0)
    token.content = state.getLines(start, line, state.blkIndent, False)
    token.map = [start, line]
    token.markup = closing if closed else ""
    state.line = line
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
