"""From Markdown to a flat list of what is printed one below the other.

Everything here can be decided line by line, so that text which follows never changes what stands above: there are
no link references, and whether a list is loose makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.math import formulas


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block that holds no other: a paragraph, a heading, a fence, a table…

    ``tokens`` are markdown-it's, of this block alone; none for a list item without content. ``start``, ``end``:
    its lines in the source. ``first`` and ``rest`` stand in front of its lines: bullets, quote marks, indentation.
    ``gap`` is what stands on the empty line above it, ``None`` if there is no such line.
    """

    tokens: tuple[Token, ...]
    start: int
    end: int
    first: str
    rest: str
    gap: str | None

    @property
    def kind(self) -> str:
        return self.tokens[0].type if self.tokens else "empty"

    @property
    def fence_closed(self) -> bool:
        """The closing line of a fence is there: the lines of its content and the opening one are not all."""
        content = self.tokens[0].content
        lines = content.count("\n") + (content != "" and not content.endswith("\n"))
        return self.end - self.start - lines == 2


@dataclass(frozen=True, slots=True)
class Parsed:
    """``leaves`` of a source with whole lines only; the first ``closed`` of them will never change.

    The first ``cut`` lines, with the first ``cut_leaves``, have no influence on how the others are read;
    ``cut_blank``: an empty line is the last of what they show.
    """

    leaves: list[Leaf]
    closed: int
    cut: int
    cut_leaves: int
    cut_blank: bool


@dataclass(slots=True)
class _Container:
    """A list item or a quote: what stands before its first line and before the others."""

    first: str
    rest: str
    start: int
    used: bool = False


def markdown() -> MarkdownIt:
    """CommonMark with tables, ``~~`` and formulas; HTML is text."""
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable(["table", "strikethrough"]).disable("reference").use(formulas)


class Reader:
    """Reads Markdown with one parser."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._parser = markdown()

    def leaves(self, source: str, blank_above: bool = False) -> list[Leaf]:
        """``blank_above``: an empty line stands above the source."""
        return _flatten(self._parser.parse(source), source.split("\n"), self._look, blank_above)

    def parse(self, source: str, blank_above: bool = False) -> Parsed:
        """What is certain about ``source``, which ends with a whole line."""
        tokens = self._parser.parse(source)
        lines = source.split("\n")[:-1]
        leaves = _flatten(tokens, lines, self._look, blank_above)
        closed = len(leaves)
        if leaves and not _is_closed(leaves[-1], lines):
            closed -= 1
        cut = _cut(tokens, leaves[:closed], closed == len(leaves))
        before = [leaf for leaf in leaves if leaf.start < cut]
        last_end = before[-1].end if before else 0
        blank = any(not line.strip(" \t>") for line in lines[last_end:cut]) or (not before and blank_above)
        return Parsed(leaves, closed, cut, len(before), blank)

    def inline(self, text: str) -> list[Token]:
        """The tokens within a paragraph."""
        return self._parser.parseInline(text)[0].children or []


def _is_closed(last: Leaf, lines: Sequence[str]) -> bool:
    """Whether no further line can belong to the last leaf of these."""
    match last.kind:
        case "heading_open" | "hr":
            return True
        case "fence" if last.end == len(lines):
            return last.fence_closed
        case "math_block" if last.tokens[0].markup:
            return True
        case "code_block":
            return any(line.strip() for line in lines[last.end :])
    return last.end < len(lines)


def _cut(tokens: Sequence[Token], closed: Sequence[Leaf], all_closed: bool) -> int:
    """The line before which nothing matters any more.

    That is the start of the last block, or of its last item if it is a list; a single leaf that is closed is done.
    """
    blocks = [token for token in tokens if token.level == 0 and token.map is not None]
    if not blocks:
        return 0
    last = blocks[-1]
    assert last.map is not None
    if last.type in ("bullet_list_open", "ordered_list_open"):
        items = [token.map[0] for token in tokens if token.type == "list_item_open" and token.level == 1 and token.map]
        return items[-1]
    if last.type != "blockquote_open" and all_closed and closed:
        return closed[-1].end
    return last.map[0]


def _flatten(tokens: Sequence[Token], lines: Sequence[str], look: Look, blank_above: bool) -> list[Leaf]:
    leaves: list[Leaf] = []
    containers: list[_Container] = []
    end = 0
    index = 0
    while index < len(tokens):
        token = tokens[index]
        size = 1
        match token.type:
            case "blockquote_open":
                containers.append(_Container(look.quote, look.quote, _start(token)))
            case "list_item_open":
                mark = f"{token.info}{token.markup} " if token.info else look.bullet
                containers.append(_Container(mark, " " * len(mark), _start(token)))
            case "list_item_close" | "blockquote_close":
                ended = containers[-1]
                if not ended.used and token.type == "list_item_close":
                    leaves.append(_leaf((), (ended.start, ended.start + 1), containers, end, lines, blank_above))
                    end = ended.start + 1
                containers.pop()
            case "bullet_list_open" | "bullet_list_close" | "ordered_list_open" | "ordered_list_close":
                pass
            case _:
                size = _extent(tokens, index)
                assert token.map is not None
                span = (token.map[0], token.map[1])
                leaves.append(_leaf(tuple(tokens[index : index + size]), span, containers, end, lines, blank_above))
                end = span[1]
        index += size
    return leaves


def _leaf(tokens: tuple[Token, ...], span: tuple[int, int], containers: Sequence[_Container], end: int,
          lines: Sequence[str], blank_above: bool) -> Leaf:  # fmt: skip
    """``end``: that of the leaf above, 0 for the first one."""
    gap = any(not line.strip(" \t>") for line in lines[end : span[0]]) or (end == 0 and blank_above)
    leaf = Leaf(
        tokens,
        *span,
        first="".join(container.rest if container.used else container.first for container in containers),
        rest="".join(container.rest for container in containers),
        gap="".join(container.rest for container in containers if container.used).rstrip() if gap else None,
    )
    for container in containers:
        container.used = True
    return leaf


def _start(token: Token) -> int:
    assert token.map is not None
    return token.map[0]


def _extent(tokens: Sequence[Token], index: int) -> int:
    """How many tokens the block that starts at ``index`` has."""
    if tokens[index].nesting == 0:
        return 1
    level = tokens[index].level
    return next(size for size, token in enumerate(tokens[index + 1 :], 2) if token.level == level)
