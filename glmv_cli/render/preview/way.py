"""How pictures can be shown on the terminal in front of us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from glmv_cli.config import Preview
from glmv_cli.render.output import Output

Way = Literal["kitty", "iterm", "sixel", "cells", "cells256"]
"""Three protocols; half characters in all colours, or in 256."""

_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_ITERM_PROGRAMS = ("iTerm.app", "WezTerm", "mintty")
_SIXEL_TERMS = ("foot", "mlterm", "yaft", "contour")
_MULTIPLEXERS = ("tmux", "screen")
"""They pass no pictures on, unless they are told to."""
_ALL_COLOURS = ("truecolor", "24bit")


def way_of(preview: Preview, environ: Mapping[str, str], output: Output) -> Way | None:
    """What ``preview`` asks for, or the best that the terminal of stderr is known to have; ``None``: nothing."""
    if preview == "off" or not (output.stderr_is_tty and output.cursor and output.color) or output.quiet:
        return None
    if preview in ("kitty", "iterm", "sixel"):
        return preview
    protocol = _protocol(environ) if preview == "auto" else None
    return protocol or _cells(environ, output, asked=preview == "cells")


def _protocol(environ: Mapping[str, str]) -> Way | None:
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(_MULTIPLEXERS) or environ.get("ZELLIJ"):
        return None
    if term in _KITTY_TERMS or environ.get("KITTY_WINDOW_ID"):
        return "kitty"
    if program in _ITERM_PROGRAMS or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if term.startswith(_SIXEL_TERMS) else None


def _cells(environ: Mapping[str, str], output: Output, asked: bool) -> Way | None:
    if not output.unicode_on_stderr:
        return None
    if environ.get("COLORTERM") in _ALL_COLOURS:
        return "cells"
    return "cells256" if asked or "256color" in environ.get("TERM", "") else None
