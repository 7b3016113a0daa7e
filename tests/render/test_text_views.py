from __future__ import annotations

from dataclasses import replace

import pytest

from glmv_cli.config import Render
from glmv_cli.events import AnswerDelta, Progress, ThinkingDelta
from glmv_cli.render.text import Display, TextRenderer
from tests.render.consoles import FINISHED, THINK_AND_ANSWER, Console, screen_of, show


@pytest.fixture
def console() -> Console:
    return Console()


def test_an_interrupt_keeps_what_came_and_marks_it(console: Console) -> None:
    renderer = TextRenderer(console.output(stdout_tty=True, stderr_tty=True, color=False))
    show(renderer, [ThinkingDelta("I see."), AnswerDelta("A c")])
    renderer.interrupt()
    renderer.close()
    assert console.texts[0] == "A c\n"
    assert screen_of("".join(console.screen)).endswith("A c\nnote: interrupted; the answer is not whole\n")


def test_an_interrupt_before_any_answer_is_told_too(console: Console) -> None:
    renderer = TextRenderer(console.output(stderr_tty=True, color=False))
    show(renderer, [Progress("prefill", 1, 9)])
    renderer.interrupt()
    assert console.texts[0] == ""
    assert screen_of(console.texts[1]) == "note: interrupted\n"


def test_off_a_terminal_an_interrupt_says_nothing(console: Console) -> None:
    renderer = TextRenderer(console.output())
    show(renderer, [AnswerDelta("A c")])
    renderer.interrupt()
    assert console.texts == ("A c\n", "")


def test_the_last_trace_is_that_of_the_last_answer(console: Console) -> None:
    renderer = TextRenderer(console.output(), Display(show_thinking="none"))
    show(renderer, THINK_AND_ANSWER)
    show(renderer, [ThinkingDelta("Hm."), AnswerDelta("B"), FINISHED])
    assert renderer.thinking == "Hm."


@pytest.mark.parametrize(
    ("render", "cursor", "tty", "styled", "moved"),
    [
        (None, True, True, True, True),
        ("live", True, True, True, True),
        ("blocks", True, True, True, False),
        ("plain", True, True, False, False),
        (None, False, True, False, False),
        ("blocks", False, True, False, False),
        ("live", False, True, False, False),
        ("live", True, False, False, False),
    ],
)
def test_the_answer_is_rendered_as_the_terminal_can(
    console: Console, render: Render | None, cursor: bool, tty: bool, styled: bool, moved: bool
) -> None:
    output = replace(console.output(stdout_tty=tty), cursor=cursor)
    show(TextRenderer(output, Display(render)), [AnswerDelta("**A** ca"), AnswerDelta("t."), FINISHED])
    assert ("\x1b[1mA" in console.texts[0]) == styled
    assert ("\x1b[J" in console.texts[0]) == moved
    assert "cat.\n" in console.texts[0]
