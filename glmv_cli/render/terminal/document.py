"""An answer that grows: which of its lines are final, and what the others look like for now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from glmv_cli.render.terminal.leaves import Leaf, Reader
from glmv_cli.render.terminal.partial import closed, settled_part
from glmv_cli.render.terminal.typeset import Typesetter

_LATEST_CODE = 4_000
"""So much of a fence that is printed in part is kept, to colour what follows."""
_EMPTY_LINES = re.compile(r"\A(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class _State:
    """``source``: Markdown from the start of the first block that is not wholly printed; its first ``settled``
    characters, all whole lines, have been looked at.

    Of its leaves, the first ``printed`` are. ``code``: the following one is a fence whose first line is printed,
    and so is this code, which is no longer in the source. ``blank_above``: an empty line stands above the source.
    """

    source: str = ""
    settled: int = 0
    printed: int = 0
    code: str | None = None
    blank_above: bool = False
    begun: bool = False


class Document:
    """Text goes in; lines come out, of :meth:`settle` and :meth:`finish` each once, when nothing can change it.

    A method that is interrupted has not happened.
    """

    def __init__(self, reader: Reader, typesetter: Typesetter) -> None:
        self._reader = reader
        self._typesetter = typesetter
        self._state = _State()

    def feed(self, text: str) -> None:
        """More text."""
        source = self._state.source + text
        if not self._state.begun:
            source = _EMPTY_LINES.sub("", source)
        self._state = replace(self._state, source=source)

    def settle(self, width: int) -> list[str]:
        """The lines that have become final since the last call."""
        state = self._state
        end = state.source.rfind("\n") + 1
        if end <= state.settled:
            return []
        complete = state.source[:end]
        parsed = self._reader.parse(complete, state.blank_above)
        lines = self._set(parsed.leaves[state.printed : parsed.closed], width, state.code)
        code = state.code if parsed.closed == state.printed else None
        if parsed.closed < len(parsed.leaves) and parsed.leaves[-1].kind == "fence":
            fence = parsed.leaves[-1]
            lines += self._typesetter.lines(fence, width, code)
            code = ((code or "") + fence.tokens[0].content)[-_LATEST_CODE:]
            complete = _without_code(complete, fence)
        complete = "\n".join(complete.split("\n")[parsed.cut :])
        self._state = _State(
            source=complete + state.source[end:],
            settled=len(complete),
            printed=parsed.closed - parsed.cut_leaves,
            code=code,
            blank_above=parsed.cut_blank,
            begun=state.begun or bool(parsed.leaves),
        )
        return lines

    def tail(self, width: int) -> list[str]:
        """The lines that may change yet, as they look now. None is wider than ``width``, if that is not tiny."""
        state = self._state
        end = state.source.rfind("\n") + 1
        complete, partial = state.source[:end], state.source[end:]
        leaves = self._reader.leaves(settled_part(complete, partial, state.begun or bool(complete)), state.blank_above)
        if leaves and leaves[-1].kind == "table_open":
            leaves = self._reader.leaves(complete, state.blank_above)  # columns do not move with each letter
        elif leaves and leaves[-1].kind in ("paragraph_open", "heading_open"):
            inline = leaves[-1].tokens[1]
            if inline.content.startswith("|") and "\n" not in inline.content:
                leaves.pop()  # a table, most likely
            else:
                inline.children = self._reader.inline(closed(inline.content))
        return self._set(leaves[state.printed :], width, state.code, fold=True)

    def finish(self, width: int) -> list[str]:
        """All that is left. What is fed afterwards is another document."""
        state = self._state
        source = state.source if state.source.endswith("\n") else state.source + "\n"
        leaves = self._reader.leaves(source, state.blank_above)
        lines = self._set(leaves[state.printed :], width, state.code)
        self._state = _State()
        return lines

    def _set(self, leaves: Sequence[Leaf], width: int, code: str | None, fold: bool = False) -> list[str]:
        """The lines of ``leaves``; ``code`` concerns the first one."""
        lines: list[str] = []
        for number, leaf in enumerate(leaves):
            lines += self._typesetter.lines(leaf, width, None if number else code, fold)
        return lines


def _without_code(source: str, fence: Leaf) -> str:
    lines = source.split("\n")
    return "\n".join([*lines[: fence.start + 1], *lines[fence.end :]])
