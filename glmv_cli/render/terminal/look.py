"""What the terminal in front of us can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """``styled``: bold and the like; without it, what they mean is told by the Markdown marks themselves.

    ``color``: colours too. ``unicode``: bullets and lines that ASCII has not.
    """

    styled: bool = True
    color: bool = True
    unicode: bool = True

    @property
    def bullet(self) -> str:
        return "• " if self.unicode else "- "

    @property
    def quote(self) -> str:
        return "│ " if self.unicode else "> "

    @property
    def rule(self) -> str:
        return "─" if self.unicode else "-"
