"""What stands below a command's help: titled blocks of lines, and paragraphs."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

_KEY = re.compile(r"(\S+(?: \S+)*)\s{2,}(\S.*)")
"""A line of a list: what it is about, two spaces or more, what there is to say."""


@dataclass(frozen=True, slots=True)
class Section:
    """``title`` without its colon, and the lines below it; for a paragraph the title is empty."""

    title: str
    lines: tuple[str, ...]

    def entries(self) -> list[tuple[str, str]]:
        """The lines as a list of key and text. A line that begins with a space goes on with the one before.

        Raises ``ValueError`` for a line that is neither.
        """
        found: list[tuple[str, str]] = []
        for line in self.lines:
            match = _KEY.fullmatch(line)
            if line.startswith(" ") and found:
                key, text = found[-1]
                found[-1] = (key, f"{text} {line.strip()}")
            elif match:
                found.append((match[1], match[2]))
            else:
                raise ValueError(f"not 'key  text', and no part of the line before: {line!r}")
        return found


def sections(epilog: str | None) -> tuple[Section, ...]:
    """The blocks of an epilog, which empty lines divide. ``\\b``, which keeps lines apart in ``--help``, is dropped."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(epilog or "").replace("\b\n", "")) if epilog else []
    return tuple(_section(block.splitlines()) for block in blocks)


def _section(lines: list[str]) -> Section:
    title, *rest = lines
    if title.endswith(":") and rest and all(line.startswith("  ") for line in rest):
        return Section(title.removesuffix(":"), tuple(line.removeprefix("  ") for line in rest))
    return Section("", tuple(lines))
