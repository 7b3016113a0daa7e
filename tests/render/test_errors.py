from __future__ import annotations

import io

from glmv_cli.errors import MediaError
from glmv_cli.render.errors import write_error, write_note
from glmv_cli.render.output import Output


def output(*, tty: bool = False, color: bool = True) -> tuple[Output, io.StringIO, io.StringIO]:
    stdout, stderr = io.StringIO(), io.StringIO()
    return Output(stdout, stderr, stdout_is_tty=tty, stderr_is_tty=tty, color=color), stdout, stderr


def test_an_error_is_followed_by_its_hint() -> None:
    out, stdout, stderr = output()
    write_error(out, MediaError("a.png is empty", "choose another picture"))
    assert stderr.getvalue() == "error: a.png is empty\n\nhint: choose another picture\n"
    assert stdout.getvalue() == ""


def test_an_error_without_a_hint_is_one_line() -> None:
    out, _, stderr = output()
    write_error(out, MediaError("a.png is empty"))
    assert stderr.getvalue() == "error: a.png is empty\n"


def test_only_a_colour_terminal_gets_a_red_word() -> None:
    out, _, stderr = output(tty=True)
    write_error(out, MediaError("a.png is empty"))
    assert stderr.getvalue() == "\x1b[1;31merror:\x1b[0m a.png is empty\n"

    out, _, stderr = output(tty=True, color=False)
    write_error(out, MediaError("a.png is empty"))
    assert stderr.getvalue() == "error: a.png is empty\n"


def test_a_file_name_cannot_steer_the_terminal() -> None:
    out, _, stderr = output()
    write_error(out, MediaError("\x1b[2J.png is empty", "remove \x07.png"))
    assert stderr.getvalue() == "error: \\x1b[2J.png is empty\n\nhint: remove \\x07.png\n"


def test_a_note_is_one_line() -> None:
    out, stdout, stderr = output(tty=True)
    write_note(out, "this is the\ndemo \x1bmodel")
    assert stderr.getvalue() == "note: this is the demo \\x1bmodel\n"
    assert stdout.getvalue() == ""
