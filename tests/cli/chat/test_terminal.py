"""The chat on a pseudo-terminal, as a person uses it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.chat.person import ALT_ENTER, BACKSPACE, CHAT, CTRL_C, CTRL_D, CTRL_O, CTRL_R, Person


def test_a_question_is_answered_and_the_next_one_knows_of_it(environ: dict[str, str]) -> None:
    with Person([*CHAT, "--no-think"], environ) as person:
        person.is_asked()
        person.types("one\r")
        person.sees("\necho: one\n")
        person.is_asked()
        person.types("two\r")
        person.sees("\necho: oneecho: onetwo\n")
        person.is_asked()
        person.types(CTRL_D)
        assert person.leaves() == 0


def test_one_can_type_and_leave_while_the_model_loads(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "loading"}) as person:
        person.sees("loading fake…")
        person.types("a question")
        person.sees("> a question")
        person.types(CTRL_C + CTRL_D)
        assert person.leaves() == 0


def test_a_question_may_be_sent_and_taken_back_while_the_model_loads(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "loading"}) as person:
        person.is_asked()
        person.types("a question\r")
        person.waits(lambda: person.terminal.lines[-1] == "loading fake", "the line that says so")
        person.types(CTRL_C)
        person.is_asked("> a question")


def test_a_model_that_cannot_be_loaded_ends_the_chat(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "failing"}) as person:
        assert person.leaves() == 69
        assert "error: the weights are damaged" in person.screen


def test_ctrl_c_stops_an_answer_and_keeps_what_there_is(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n5")
        person.types(CTRL_C)
        person.sees("note: interrupted; the answer is not whole")
        person.is_asked()
        person.types("/export talk.md\r")
        person.sees("written to talk.md")
        assert "counting\n0\n1" in Path("talk.md").read_text()
        assert Path("talk.md").read_text().endswith("*(interrupted)*\n")


def test_an_answer_that_was_stopped_counts_as_far_as_it_came(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n5")
        person.types(CTRL_C)
        person.is_asked()
        person.types("/stats\r")
        person.sees("all 1")
        person.types("/context\r")
        person.sees("tokens are used of 4,096")
        assert "\n0 tokens are used" not in person.screen


@pytest.mark.parametrize(("stage", "shown"), [("encode", "looking at pictures:"), ("prefill", "reading the prompt:")])
def test_ctrl_c_while_the_prompt_is_read_gives_the_question_and_its_pictures_back(
    environ: dict[str, str], stage: str, shown: str
) -> None:
    with Person(CHAT, {**environ, "FAKE": stage}) as person:
        person.is_asked()
        person.types("@a.png what is it?\r")
        person.sees(shown)
        person.types(CTRL_C)
        person.is_asked("> what is it?")
        assert "note: interrupted\n[image 1: a.png" in person.screen
        assert shown not in person.screen


def test_ctrl_c_clears_the_line_and_twice_leaves(environ: dict[str, str]) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.types("never mind")
        person.is_asked("> never mind")
        person.types(CTRL_C)
        person.is_asked()
        person.sees("Ctrl-C again leaves")
        person.types("x")
        person.waits(lambda: "again leaves" not in person.screen, "the status line")
        person.types(CTRL_C)
        person.is_asked()
        person.types(CTRL_C)
        assert person.leaves() == 0


def test_a_question_may_have_several_lines(environ: dict[str, str]) -> None:
    with Person([*CHAT, "--no-think", "--render", "plain"], environ) as person:
        person.is_asked()
        person.types(f"one{ALT_ENTER}two\r")
        person.sees("\necho: one\ntwo\n")
        person.types("/clear\r")
        person.types('"""three\r\rfour"""\r')
        person.sees("\necho: three\n\nfour\n")


def test_pasted_text_is_not_sent_before_enter(environ: dict[str, str]) -> None:
    with Person([*CHAT, "--no-think", "--render", "plain"], environ) as person:
        person.is_asked()
        person.pastes("one\r\ntwo\r")
        person.sees("> one\n… two\n…")
        person.types("three\r")
        person.sees("\necho: one\ntwo\nthree\n")


def test_a_dropped_picture_becomes_a_chip_that_can_be_removed(environ: dict[str, str]) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.pastes(f"'{Path('a.png').absolute()}' ")
        person.sees("[image 1: a.png")
        person.pastes(str(Path("c.mp4").absolute()))
        person.sees("[video 2: c.mp4")
        person.is_asked()
        person.types(BACKSPACE)
        person.waits(lambda: "c.mp4" not in person.screen, "one chip less")
        assert "[image 1: a.png" in person.screen


def test_tab_completes_commands_and_files(environ: dict[str, str]) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.types("/vi\t")
        person.is_asked("> /video")
        person.types(" c\t\r")
        person.sees("[video 1: c.mp4")
        person.is_asked()
        person.types("see @b\t")
        person.is_asked("> see @b.png")


def test_ctrl_o_shows_thinking_that_was_collapsed(environ: dict[str, str]) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.types("hi\r")
        person.sees("echo: hi")
        person.is_asked()
        assert "thought for" in person.screen
        assert "Hm." not in person.screen
        person.types(CTRL_O)
        person.sees("\nHm.\n")
        person.is_asked()


def test_what_was_typed_is_found_in_the_next_chat_and_is_nobody_elses_business(environ: dict[str, str]) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.types("an unusual question\r")
        person.sees("echo: an unusual question")
        person.is_asked()
        person.types(CTRL_D)
        person.leaves()
    with Person(CHAT, environ) as person:
        person.is_asked()
        person.types(f"{CTRL_R}unus")
        person.sees("an unusual question")
        person.types("\r\r")
        person.sees("echo: an unusual question")
    assert stat.S_IMODE((Path(environ["GLMV_HOME"]) / "prompts").stat().st_mode) == 0o600


def test_a_question_is_written_in_the_editor(environ: dict[str, str]) -> None:
    Path("editor").write_text('#!/bin/sh\nprintf \'%s, edited\\n\' "$(cat "$1")" > "$1"\n')
    Path("editor").chmod(0o700)
    with Person(CHAT, {**environ, "EDITOR": "./editor"}) as person:
        person.is_asked()
        person.types("/edit a draft\r")
        person.is_asked("> a draft, edited")


def test_ctrl_c_ends_a_command_that_waits_for_another_program(environ: dict[str, str]) -> None:
    Path("xclip").write_text("#!/bin/sh\n: > started\nsleep 60\n")
    Path("xclip").chmod(0o700)
    desktop = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "", "PATH": f"{Path.cwd()}:{environ['PATH']}"}
    with Person(CHAT, {**environ, **desktop}) as person:
        person.is_asked()
        person.types("/paste\r")
        person.waits(lambda: Path("started").exists(), "the program that waits")
        person.types(CTRL_C)
        person.sees("note: interrupted")
        person.is_asked()


def test_what_is_typed_during_an_answer_waits_unseen_for_the_next_prompt(environ: dict[str, str]) -> None:
    with Person([*CHAT, "--render", "plain"], {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n3\n")
        person.types("typed ahead")
        person.sees("\n30\n")
        assert "typed ahead" not in person.screen
        person.types(CTRL_C)
        person.is_asked("> typed ahead")


@pytest.mark.parametrize("columns", [20, 200])
def test_the_prompt_fits_any_width(environ: dict[str, str], columns: int) -> None:
    with Person([*CHAT, "--no-think"], environ, columns) as person:
        person.is_asked()
        person.types("hi\r")
        person.sees("\necho: hi\n")
        person.is_asked()
        person.types("/help\r")
        person.sees("/exit")
        person.is_asked()
