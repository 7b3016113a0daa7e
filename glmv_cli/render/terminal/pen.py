"""From rich text to the characters that a terminal gets."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from glmv_cli.render.terminal.look import Look


class Pen:
    """Writes lines in the sixteen colours that every terminal has, in the shades that its user likes."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._console = Console(force_terminal=True, color_system="standard", highlight=False, legacy_windows=False)

    def wrapped(self, text: Text, width: int) -> list[str]:
        """``text`` in lines of at most ``width`` cells; at least one line."""
        lines = text.wrap(self._console, width, tab_size=4)
        for line in lines:
            line.rstrip()
        return [self.line(line) for line in lines] or [""]

    def line(self, text: Text) -> str:
        """``text`` on one line, whatever its width."""
        text.end = ""
        return self._written(text.render(self._console))

    def block(self, renderable: RenderableType, width: int) -> list[str]:
        """Anything of rich in lines of at most ``width`` cells."""
        options = self._console.options.update(width=width, height=None)
        lines = self._console.render_lines(renderable, options, pad=False)
        return [self._written(line) for line in lines]

    def _written(self, segments: Iterable[Segment]) -> str:
        if not self._look.styled:
            return "".join(segment.text for segment in segments)
        parts = []
        for segment in segments:
            style = segment.style or Style.null()
            if not self._look.color:
                style = style.without_color
            parts.append(style.render(segment.text, color_system=ColorSystem.STANDARD))
        return "".join(parts)
