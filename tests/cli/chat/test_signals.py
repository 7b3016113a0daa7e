"""A chat that is stopped or ended from outside leaves a terminal that can be used."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.cli.chat.person import CHAT, CTRL_C, CTRL_D, CTRL_Z, Person

SHELL = ("-c", "import os; os.execvp('sh', ['sh', '-i'])")
ENDINGS = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_signal_at_the_prompt_gives_the_terminal_back(environ: dict[str, str], ending: signal.Signals) -> None:
    with Person(CHAT, environ) as person:
        person.is_asked()
        assert not person.keys_are_shown
        person.sends(ending)
        assert person.leaves() == 128 + ending
        assert person.keys_are_shown
        assert not person.terminal.cursor_hidden
        assert "Traceback" not in person.screen


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_signal_during_an_answer_gives_the_terminal_back_and_keeps_what_came(
    environ: dict[str, str], ending: signal.Signals
) -> None:
    with Person(CHAT, {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n5")
        person.sends(ending)
        assert person.leaves() == 128 + ending
        assert person.keys_are_shown
        assert not person.terminal.cursor_hidden
    with Person(["-m", "glmv_cli", "history", "show", "1"], environ) as person:
        person.leaves()
        assert "counting\n0\n1\n2\n3\n4\n5" in person.screen
        assert "interrupted" in person.screen


def test_a_process_that_is_killed_leaves_the_cursor_where_it_can_be_seen(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n5")
        person.sends(signal.SIGKILL)
        person.leaves()
        assert not person.terminal.cursor_hidden


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_goes_on(environ: dict[str, str]) -> None:
    Path("text.md").write_text("First paragraph.\n\n" + " ".join(f"word{n}" for n in range(60)))
    reciting = {"FAKE": "reciting", "FAKE_TEXT": "text.md", "FAKE_STEP": "2", "FAKE_PAUSE": "0.01"}
    with Person(SHELL, {**environ, **reciting, "PS1": "$ "}) as person:
        person.is_asked("$")
        person.types(f"{sys.executable} -m tests.cli.fake_glmv chat --no-think\r")
        person.is_asked()
        person.types("recite\r")
        person.sees("word9")
        person.types(CTRL_Z)
        person.is_asked("$")
        assert "word" not in person.screen
        person.types("echo us''able\r")
        person.sees("\nusable\n")
        person.types("fg\r")
        person.sees("word59")
        person.is_asked()
        assert re.findall(r"word\d+|First", person.screen) == ["First", *(f"word{n}" for n in range(60))]
        person.types(CTRL_C + CTRL_D)
        person.is_asked("$")


def test_a_window_that_is_closed_ends_the_chat(environ: dict[str, str]) -> None:
    with Person(CHAT, {**environ, "FAKE": "endless"}) as person:
        person.is_asked()
        person.types("count\r")
        person.sees("\n5")
        person.closes_the_window()
        assert person.ends() != 0
