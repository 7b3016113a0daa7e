from __future__ import annotations

import io

import pytest

from glmv_cli.render.cells import cells
from glmv_cli.render.output import Output
from glmv_cli.render.thinking import CollapsedThinking, FullThinking
from tests.render.terminal.emulator import Terminal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Tty(io.StringIO):
    """A stream that ends on an emulated terminal."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def write(self, text: str) -> int:
        self._terminal.write(text)
        return len(text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal(60)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def output_on(terminal: Terminal, cursor: bool = True) -> Output:
    return Output(io.StringIO(), Tty(terminal), True, True, color=True, cursor=cursor)


@pytest.mark.parametrize("cursor", [True, False])
def test_collapsed_thinking_is_one_line_that_tells_how_far_it_is(
    terminal: Terminal, clock: Clock, cursor: bool
) -> None:
    thinking = CollapsedThinking(output_on(terminal, cursor), clock)
    thinking.write("First")
    assert terminal.lines == ["thinking… 1 token, 0 s  First"]
    for word in range(211):
        clock.now += 8 / 211
        thinking.write(f" word\n{word}")
    assert len(terminal.lines) == 1
    assert terminal.lines[0].startswith("thinking… 21")
    assert " tokens, 8 s  " in terminal.lines[0]
    assert cells(terminal.lines[0]) < 60
    thinking.end()
    assert terminal.lines == ["thought for 8 s"]
    assert terminal.cursor_at == (1, 0)


def test_it_is_not_redrawn_for_each_token(terminal: Terminal, clock: Clock) -> None:
    thinking = CollapsedThinking(output_on(terminal), clock)
    for _ in range(100):
        clock.now += 0.01
        thinking.write("x")
    assert 8 <= len(terminal.writes) <= 11


def test_wide_characters_fit_into_the_line(terminal: Terminal, clock: Clock) -> None:
    thinking = CollapsedThinking(output_on(terminal), clock)
    thinking.write("思考" * 100)
    assert len(terminal.lines) == 1
    assert terminal.lines[0].endswith("思考")


def test_a_window_made_narrow_keeps_nothing_of_the_line(terminal: Terminal, clock: Clock) -> None:
    thinking = CollapsedThinking(output_on(terminal), clock)
    thinking.write("a trace " * 20)
    terminal.resize(20, 24)
    thinking.end()
    assert terminal.lines == ["thought for 0.0 s"]


def test_full_thinking_stands_between_two_lines(terminal: Terminal, clock: Clock) -> None:
    thinking = FullThinking(output_on(terminal), clock)
    for text in ("I ", "see.\n", "Yes"):
        thinking.write(text)
    clock.now = 2.4
    thinking.end()
    thinking.end()
    assert terminal.lines == ["thinking…", "I see.", "Yes", "thought for 2 s"]


def test_full_thinking_is_broken_between_words(terminal: Terminal, clock: Clock) -> None:
    thinking = FullThinking(output_on(terminal), clock)
    for text in ("There are three", " shapes on a", " gray background: a ye", "llow star, a red circle, a", " square."):
        thinking.write(text)
    assert terminal.lines[1:] == ["There are three shapes on a gray background: a yellow star,", "a red circle, a"]
    thinking.end()
    assert terminal.lines[2:] == ["a red circle, a square.", "thought for 0.0 s"]


def test_thinking_in_a_file_is_as_it_came(clock: Clock) -> None:
    output = Output(io.StringIO(), io.StringIO(), False, False, color=False)
    thinking = FullThinking(output, clock)
    for text in ("word " * 100, "\tand", " so on"):
        thinking.write(text)
    thinking.end()
    assert output.stderr.getvalue() == "word " * 100 + "\tand so on\n"  # type: ignore[attr-defined]


def test_thinking_again_starts_anew(terminal: Terminal, clock: Clock) -> None:
    thinking = CollapsedThinking(output_on(terminal), clock)
    thinking.write("a")
    thinking.end()
    clock.now = 5
    thinking.write("b")
    assert terminal.lines[-1] == "thinking… 1 token, 0 s  b"


def test_without_thinking_nothing_is_said(terminal: Terminal) -> None:
    CollapsedThinking(output_on(terminal)).end()
    FullThinking(output_on(terminal)).end()
    assert terminal.lines == []
