from __future__ import annotations

import io

import pytest

from glmv_cli.render.output import Output
from glmv_cli.render.preview.way import way_of

COLOURS = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def output(tty: bool = True, color: bool = True, cursor: bool = True, encoding: str = "utf-8") -> Output:
    stderr = io.TextIOWrapper(io.BytesIO(), encoding)
    return Output(io.StringIO(), stderr, False, tty, color=color, cursor=cursor)


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({**COLOURS, "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({**COLOURS, "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({**COLOURS, "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        (COLOURS, "cells"),
        ({"TERM": "xterm-256color"}, "cells256"),
        ({"TERM": "linux"}, None),
        ({**COLOURS, "TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"}, "cells"),
        ({"TERM": "screen-256color", "LC_TERMINAL": "iTerm2"}, "cells256"),
    ],
)
def test_the_environment_tells_what_a_terminal_can(environ: dict[str, str], way: str | None) -> None:
    assert way_of("auto", environ, output()) == way


def test_where_nothing_can_be_shown_nothing_is() -> None:
    assert way_of("auto", COLOURS, output(tty=False)) is None
    assert way_of("kitty", COLOURS, output(color=False)) is None
    assert way_of("kitty", COLOURS, output(cursor=False)) is None
    assert way_of("auto", COLOURS, output(encoding="ascii")) is None
    assert way_of("off", COLOURS, output()) is None


def test_what_is_asked_for_is_done() -> None:
    assert way_of("sixel", {"TERM": "xterm"}, output()) == "sixel"
    assert way_of("cells", {"TERM": "xterm-kitty"}, output()) == "cells256"
    assert way_of("cells", {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}, output()) == "cells"
