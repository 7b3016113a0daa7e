"""Lines from a pipe: each is a turn."""

from __future__ import annotations

from pathlib import Path

from glmv_cli.conversation import text_of
from glmv_cli.errors import MediaError, ModelError
from glmv_cli.messages import MediaPart
from tests.cli.fakes import FakeSession, Glmv, Ran

PLAIN = ("--no-think",)


def asked(ran: Ran) -> list[str]:
    """The last question of each request."""
    return [text_of(request.messages[-1]) for request in ran.session.requests]


def shown(ran: Ran) -> list[list[str]]:
    """The media of each request's last message."""
    return [
        [Path(part.source.name).name for part in request.messages[-1].parts if isinstance(part, MediaPart)]
        for request in ran.session.requests
    ]


def test_each_line_is_a_question_after_the_others(glmv: Glmv) -> None:
    ran = glmv("chat", *PLAIN, stdin=b"one\n\ntwo\n")
    assert (ran.status, ran.stdout) == (0, "echo: one\necho: oneecho: onetwo\n")
    assert [[text_of(m) for m in request.messages] for request in ran.session.requests] == [
        ["one"],
        ["one", "echo: one", "two"],
    ]


def test_the_model_is_loaded_once_with_what_the_options_say(glmv: Glmv) -> None:
    ran = glmv("chat", "--cpu-memory", "2GiB", "--max-tokens", "5", stdin=b"one\ntwo\n")
    assert len(ran.opened) == 1
    assert ran.wishes[0].cpu_memory == 2**31
    assert ran.session.requests[1].sampling.max_tokens == 5


def test_media_of_the_command_line_are_shown_with_the_first_question_only(glmv: Glmv) -> None:
    ran = glmv("chat", "a.png", "c.mp4", stdin=b"one\ntwo\n")
    assert shown(ran) == [["a.png", "c.mp4"], []]


def test_media_that_are_no_good_end_it_before_anything_is_loaded(glmv: Glmv) -> None:
    assert glmv("chat", "none.png", stdin=b"hi\n").status == 66
    ran = glmv("chat", "text.png", stdin=b"hi\n")
    assert (ran.status, ran.opened) == (65, [])


def test_a_path_alone_waits_and_one_in_a_question_goes_with_it(glmv: Glmv) -> None:
    ran = glmv("chat", stdin=b"a.png\n/video c.mp4\n@b.png What is it?\n")
    assert (asked(ran), shown(ran)) == (["What is it?"], [["a.png", "c.mp4", "b.png"]])


def test_a_failed_question_is_reported_and_the_others_are_answered(glmv: Glmv) -> None:
    glmv.session = FakeSession(failures={"./a.png": MediaError("a.png is damaged", "fetch it again")})
    ran = glmv("chat", *PLAIN, stdin=b"./a.png what?\n/remove\nhello\n")
    assert ran.status == 65
    assert ran.stdout == "echo: hello\n"
    assert "error: a.png is damaged" in ran.stderr
    assert "/remove N takes one of it away" in ran.stderr


def test_a_model_that_cannot_be_loaded_ends_it_with_its_own_exit_code(glmv: Glmv) -> None:
    glmv.load_failure = ModelError("it is damaged", "copy it again")
    ran = glmv("chat", stdin=b"one\ntwo\n")
    assert (ran.status, ran.stdout) == (69, "")
    assert ran.stderr.count("error:") == 1


def test_an_unknown_command_gets_a_near_miss_and_is_not_asked(glmv: Glmv) -> None:
    ran = glmv("chat", stdin=b"/hlep\n")
    assert (ran.status, ran.session.requests) == (2, [])
    assert "did you mean '/help'?" in ran.stderr


def test_a_line_with_a_space_in_front_is_no_command(glmv: Glmv) -> None:
    assert asked(glmv("chat", stdin=b" /help\n")) == ["/help"]


def test_nothing_is_asked_of_an_empty_input(glmv: Glmv) -> None:
    ran = glmv("chat", stdin=b"")
    assert (ran.status, ran.stdout, ran.session.requests) == (0, "", [])


def test_nothing_configured_means_the_demo_and_a_note(glmv: Glmv) -> None:
    ran = glmv("chat", stdin=b"/exit\n", environ={})
    assert ran.status == 0
    assert "the built-in demo answers" in ran.stderr


def test_there_is_no_json(glmv: Glmv) -> None:
    assert glmv("chat", "--json", stdin=b"").status == 2
