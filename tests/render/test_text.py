from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.config import ShowThinking
from glmv_cli.errors import MediaError
from glmv_cli.events import AnswerDelta, Event, Notice, Offloaded, ThinkingDelta
from glmv_cli.render.output import Output
from glmv_cli.render.text import Display, TextRenderer
from tests.render.consoles import FINISHED, FULL, THINK_AND_ANSWER, Console, screen_of, show


@pytest.fixture
def console() -> Console:
    return Console()


def test_the_answer_and_only_the_answer_goes_to_stdout(console: Console) -> None:
    show(TextRenderer(console.output()), [Notice("a demo"), *THINK_AND_ANSWER])
    assert console.texts == ("A cat.\n", "note: a demo\n")


def test_what_was_read_from_disk_is_told_after_the_answer(console: Console) -> None:
    offloaded = Offloaded(3, 1, 3 << 29, 0, 0, 0)
    show(TextRenderer(console.output()), [AnswerDelta("A cat."), replace(FINISHED, offloaded=offloaded)])
    assert console.screen == [
        "A cat.",
        "\n",
        "note: 1.5 GiB of weights were read from disk; 75% of the experts wanted were in memory\n",
    ]


def test_nothing_is_told_if_nothing_was_read(console: Console) -> None:
    show(TextRenderer(console.output()), [replace(FINISHED, offloaded=Offloaded(9, 0, 0, 5, 5, 99))])
    assert console.texts == ("\n", "")


def test_the_answer_comes_as_it_is_made(console: Console) -> None:
    show(TextRenderer(console.output()), THINK_AND_ANSWER)
    assert console.screen == ["A ", "cat.", "\n"]


@pytest.mark.parametrize(
    ("show_thinking", "stderr_tty", "shown"),
    [
        ("auto", False, ""),
        ("auto", True, "thought for 0.0 s\n"),
        ("collapsed", True, "thought for 0.0 s\n"),
        ("collapsed", False, "thought for 0.0 s\n"),
        ("full", False, "I see.\n"),
        ("full", True, "thinking…\nI see.\nthought for 0.0 s\n"),
        ("none", False, ""),
        ("none", True, ""),
    ],
)
def test_thinking_is_shown_where_it_is_wanted(
    console: Console, show_thinking: ShowThinking, stderr_tty: bool, shown: str
) -> None:
    output = console.output(stderr_tty=stderr_tty, color=False)
    renderer = TextRenderer(output, Display(show_thinking=show_thinking))
    show(renderer, THINK_AND_ANSWER)
    assert (console.texts[0], screen_of(console.texts[1])) == ("A cat.\n", shown)
    assert renderer.thinking == "I see."


def test_thinking_is_dim_on_a_terminal_and_never_leaves_it_dim(console: Console) -> None:
    show(TextRenderer(console.output(stderr_tty=True), FULL), THINK_AND_ANSWER)
    assert "\x1b[2mI\x1b[0m\x1b[2m see.\x1b[0m\n" in console.texts[1]


def test_thinking_is_not_dim_off_a_terminal(console: Console) -> None:
    show(TextRenderer(console.output(), FULL), THINK_AND_ANSWER)
    assert console.texts == ("A cat.\n", "I see.\n")


def test_on_one_screen_the_answer_starts_its_own_line(console: Console) -> None:
    output = console.output(stdout_tty=True, stderr_tty=True, color=False)
    show(TextRenderer(output, FULL), THINK_AND_ANSWER)
    assert "".join(console.screen) == "thinking…\nI see.\nthought for 0.0 s\nA cat.\n"


def test_an_empty_answer_is_an_empty_line(console: Console) -> None:
    show(TextRenderer(console.output(), FULL), [ThinkingDelta("too long"), FINISHED])
    assert console.texts == ("\n", "too long\n")


def test_a_single_answer_has_no_header(console: Console) -> None:
    show(TextRenderer(console.output()), THINK_AND_ANSWER, "a.png")
    assert console.texts == ("A cat.\n", "")


def test_several_answers_are_headed_by_their_names(console: Console) -> None:
    renderer = TextRenderer(console.output(), several=True)
    show(renderer, THINK_AND_ANSWER, "a.png")
    show(renderer, [FINISHED], "b.png")
    show(renderer, THINK_AND_ANSWER, "c\x1b\n.png")
    renderer.close()
    assert console.texts == (
        "==> a.png <==\nA cat.\n\n==> b.png <==\n\n\n==> c\\x1b .png <==\nA cat.\n",
        "",
    )


def test_a_header_stands_above_the_thinking(console: Console) -> None:
    output = console.output(stdout_tty=True, stderr_tty=True, color=False)
    renderer = TextRenderer(output, several=True)
    show(renderer, THINK_AND_ANSWER, "a.png")
    show(renderer, THINK_AND_ANSWER, "b.png")
    assert screen_of("".join(console.screen)) == (
        "==> a.png <==\nthought for 0.0 s\nA cat.\n\n==> b.png <==\nthought for 0.0 s\nA cat.\n"
    )


def test_a_source_that_fails_leaves_nothing_on_stdout(console: Console) -> None:
    renderer = TextRenderer(console.output(), several=True)
    renderer.begin("bad.png")
    renderer.fail(MediaError("bad.png is empty", "choose another"))
    show(renderer, THINK_AND_ANSWER, "a.png")
    assert console.texts == (
        "==> a.png <==\nA cat.\n",
        "error: bad.png is empty\n\nhint: choose another\n",
    )


def test_a_failure_in_mid_answer_ends_the_line_first(console: Console) -> None:
    renderer = TextRenderer(console.output(stdout_tty=True, stderr_tty=True, color=False))
    show(renderer, [AnswerDelta("A c")])
    renderer.fail(MediaError("no memory"))
    assert "".join(console.screen) == "A c\nerror: no memory\n"
    assert console.texts[0] == "A c\n"


def test_a_failure_in_mid_thought_ends_the_line_first(console: Console) -> None:
    renderer = TextRenderer(console.output(), FULL)
    show(renderer, [ThinkingDelta("I s")])
    renderer.fail(MediaError("no memory"))
    assert console.texts == ("", "I s\nerror: no memory\n")


def test_a_note_in_mid_answer_starts_its_own_line_on_one_screen(console: Console) -> None:
    output = console.output(stdout_tty=True, stderr_tty=True)
    show(TextRenderer(output), [AnswerDelta("A "), Notice("x"), AnswerDelta("cat.\n"), Notice("y")])
    assert "".join(console.screen) == "A \nnote: x\ncat.\nnote: y\n"
    assert console.texts[0] == "A cat.\n"


def test_a_note_in_mid_answer_adds_no_line_where_the_answer_goes_elsewhere(console: Console) -> None:
    show(TextRenderer(console.output(stderr_tty=True)), [AnswerDelta("A "), Notice("x"), FINISHED])
    assert console.texts == ("A \n", "note: x\n")


@pytest.mark.parametrize(
    ("events", "texts"),
    [
        ([], ("", "")),
        ([ThinkingDelta("I s")], ("", "I s\n")),
        ([ThinkingDelta("I see."), AnswerDelta("A c")], ("A c\n", "I see.\n")),
        (THINK_AND_ANSWER, ("A cat.\n", "I see.\n")),
    ],
)
def test_closing_ends_an_interrupted_line_once(
    console: Console, events: Sequence[Event], texts: tuple[str, str]
) -> None:
    renderer = TextRenderer(console.output(), FULL)
    show(renderer, events)
    renderer.close()
    renderer.close()
    assert console.texts == texts


def test_a_model_cannot_steer_the_terminal(console: Console) -> None:
    renderer = TextRenderer(console.output(stdout_tty=True, stderr_tty=True, color=False), FULL)
    show(renderer, [ThinkingDelta("\x1b[2J"), AnswerDelta("\x1b]0;x\x07 \x9b1m [red]"), FINISHED])
    assert console.texts == ("\\x1b]0;x\\x07 \\x9b1m [red]\n", "thinking…\n\\x1b[2J\nthought for 0.0 s\n")


EVENTS = st.lists(
    st.one_of(
        st.text("T\n\r", min_size=1, max_size=4).map(ThinkingDelta),
        st.text("A\n\r", min_size=1, max_size=4).map(AnswerDelta),
        st.just(Notice("N")),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(events=EVENTS, several=st.booleans(), color=st.booleans())
def test_on_one_screen_no_line_mixes_kinds(events: list[Event], several: bool, color: bool) -> None:
    """In any order of events, and without adding anything to stdout."""
    console = Console()
    output = console.output(stdout_tty=True, stderr_tty=True, color=color)
    renderer = TextRenderer(output, FULL, several)
    show(renderer, [*events, FINISHED], "X")
    screen = re.sub(r"\x1b\[\d*m", "", "".join(console.screen))
    for line in screen.split("\n"):
        assert len(set(line) & set("TANX")) <= 1, line
    answer = "".join(event.text for event in events if isinstance(event, AnswerDelta))
    assert console.texts[0] == ("==> X <==\n" if several else "") + answer.replace("\r", "") + "\n"
    assert screen.count("T") == sum(e.text.count("T") for e in events if isinstance(e, ThinkingDelta))
    assert screen.endswith("\n")


def test_off_a_terminal_rich_is_not_loaded() -> None:
    code = """
import sys
from glmv_cli.events import AnswerDelta
from glmv_cli.render.output import Output
from glmv_cli.render.text import TextRenderer
renderer = TextRenderer(Output.of_process())
renderer.begin(None)
renderer.handle(AnswerDelta("A cat."))
renderer.close()
sys.exit("rich" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_an_answer_that_was_cut_off_is_said_to_be() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    renderer = TextRenderer(Output(stdout, stderr, stdout_is_tty=False, stderr_is_tty=False, color=False))
    renderer.begin(None)
    for event in (AnswerDelta("A"), replace(FINISHED, finish_reason="length")):
        renderer.handle(event)
    assert stdout.getvalue() == "A\n"
    assert stderr.getvalue().startswith("note: the answer was cut off after 5 tokens, 2 of them thinking;")
