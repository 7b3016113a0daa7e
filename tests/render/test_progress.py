from __future__ import annotations

import io

import pytest

from glmv_cli.errors import MediaError
from glmv_cli.events import AnswerDelta, Finished, Progress, Timings, Usage
from glmv_cli.render.json_lines import JsonLinesRenderer
from glmv_cli.render.output import Output
from glmv_cli.render.progress import waiting
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.text import TextRenderer

FINISHED = Finished("", "A cat.", (), "stop", Usage(9, 4, 0, 2, 3), Timings(0, 0, 0, 0, 0, 0))


def screen_of(text: str) -> str:
    """What a terminal shows of one line after carriage returns."""
    line = ""
    for part in text.split("\r"):
        line = part + line[len(part) :]
    return line.rstrip(" ")


def renderer_of(kind: str, *, tty: bool) -> tuple[Renderer, io.StringIO, io.StringIO]:
    stdout, stderr = io.StringIO(), io.StringIO()
    output = Output(stdout, stderr, stdout_is_tty=False, stderr_is_tty=tty, color=False)
    renderer = TextRenderer(output) if kind == "plain" else JsonLinesRenderer(output, "demo", "What?")
    renderer.begin("a.png")
    return renderer, stdout, stderr


KINDS = pytest.mark.parametrize("kind", ["plain", "json"])


@KINDS
def test_one_line_is_written_over_and_over(kind: str) -> None:
    renderer, _, stderr = renderer_of(kind, tty=True)
    renderer.handle(Progress("encode", 0, 2))
    assert screen_of(stderr.getvalue()) == "looking at pictures: 0 of 2"
    renderer.handle(Progress("encode", 2, 2))
    assert screen_of(stderr.getvalue()) == ""
    renderer.handle(Progress("prefill", 1024, 6200))
    assert screen_of(stderr.getvalue()) == "reading the prompt: 1024 of 6200 tokens"
    renderer.handle(Progress("encode", 1, 2))  # shorter: nothing of the longer line is left
    assert screen_of(stderr.getvalue()) == "looking at pictures: 1 of 2"
    assert "\n" not in stderr.getvalue()


@KINDS
def test_nothing_of_it_is_left_when_the_answer_comes(kind: str) -> None:
    renderer, stdout, stderr = renderer_of(kind, tty=True)
    renderer.handle(Progress("prefill", 512, 6200))
    renderer.handle(AnswerDelta("A cat."))
    renderer.handle(FINISHED)
    assert screen_of(stderr.getvalue()) == ""
    assert "A cat." in stdout.getvalue()


@KINDS
def test_an_error_stands_where_it_stood(kind: str) -> None:
    renderer, _, stderr = renderer_of(kind, tty=True)
    renderer.handle(Progress("prefill", 512, 6200))
    renderer.fail(MediaError("no memory"))
    assert screen_of(stderr.getvalue()) == "error: no memory\n"


@KINDS
def test_closing_takes_it_away_once(kind: str) -> None:
    renderer, _, stderr = renderer_of(kind, tty=True)
    renderer.handle(Progress("prefill", 512, 6200))
    renderer.close()
    written = stderr.getvalue()
    renderer.close()
    assert screen_of(written) == ""
    assert stderr.getvalue() == written


@KINDS
def test_off_a_terminal_there_is_none(kind: str) -> None:
    renderer, _, stderr = renderer_of(kind, tty=False)
    renderer.handle(Progress("prefill", 512, 6200))
    renderer.handle(FINISHED)
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("tty", [True, False])
def test_what_one_waits_for_is_shown_until_it_is_there(tty: bool) -> None:
    stderr = io.StringIO()
    output = Output(io.StringIO(), stderr, stdout_is_tty=False, stderr_is_tty=tty, color=False)
    with waiting(output, "loading demo"):
        assert stderr.getvalue() == ("\rloading demo" if tty else "")
    assert stderr.getvalue().endswith("\r") == tty
