from __future__ import annotations

import errno

import pytest

from glmv_cli.cli.failures import caused_by_interrupt, explain, reading
from glmv_cli.errors import GlmvError, MediaError, MemoryShortageError
from tests.cli.fakes import FakeSession, Glmv


class OutOfMemoryError(RuntimeError):
    """Called like torch's."""


OUT_OF_MEMORY = [
    MemoryError(),
    OutOfMemoryError("CUDA out of memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]


@pytest.mark.parametrize("failure", OUT_OF_MEMORY, ids=lambda failure: type(failure).__name__)
def test_a_lack_of_memory_is_told_as_one(glmv: Glmv, failure: Exception) -> None:
    glmv.load_failure = failure
    ran = glmv("describe", "a.png")
    assert ran.status == 75
    assert ran.stderr.startswith("error: not enough memory\n\nhint: ")


def test_a_lack_of_memory_for_one_input_does_not_stop_the_others(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MemoryError()})
    ran = glmv("describe", "a.png", "b.png")
    assert ran.status == 75
    assert "==> b.png <==" in ran.stdout


def test_a_bug_is_told_without_a_traceback(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": ValueError("shapes \x1b[31m differ")}, after=True)
    ran = glmv("describe", "a.png")
    assert (ran.status, ran.stdout) == (70, "echo:\n")
    assert ran.stderr.startswith("error: internal error: ValueError: shapes \\x1b[31m differ\n\nhint: ")
    assert "GLMV_DEBUG=1" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_a_traceback_is_shown_on_request(glmv: Glmv, value: str, shown: bool) -> None:
    glmv.session = FakeSession({"a.png": ValueError("shapes differ")})
    environ = {"GLMV_DEBUG": value, "GLMV_MODEL": str(glmv.checkpoint)}
    ran = glmv("describe", "a.png", environ=environ)
    assert ("Traceback" in ran.stderr) is shown
    assert "error: internal error: ValueError: shapes differ\n" in ran.stderr


def test_the_traceback_of_a_users_error_is_shown_too(glmv: Glmv) -> None:
    environ = {"GLMV_DEBUG": "1", "GLMV_MODEL": str(glmv.checkpoint)}
    ran = glmv("describe", "no-such.png", environ=environ)
    assert ran.status == 66
    assert "Traceback" in ran.stderr
    assert ran.stderr.endswith("stands for standard input\n")


def test_an_error_without_words_is_called_by_its_kind() -> None:
    assert explain(AssertionError()).message == "internal error: AssertionError"


def test_our_own_errors_are_left_as_they_are() -> None:
    error = MediaError("a.png is damaged")
    assert explain(error) is error
    with pytest.raises(MediaError) as caught, reading():
        raise error
    assert caught.value is error


def test_reading_does_not_hide_bugs() -> None:
    with pytest.raises(ValueError, match="shapes"), reading():
        raise ValueError("shapes differ")


def test_reading_turns_what_the_system_says_into_our_words() -> None:
    with pytest.raises(GlmvError, match="refuses: Is a directory") as caught, reading():
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    assert not isinstance(caught.value, MemoryShortageError)


def test_progress_that_nobody_reads_any_more_is_no_failure_of_reading() -> None:
    with pytest.raises(BrokenPipeError), reading():
        raise BrokenPipeError


def test_an_interrupt_is_recognised_behind_what_it_caused() -> None:
    error = SystemError("initialization failed")
    assert not caused_by_interrupt(error)
    error.__cause__ = KeyboardInterrupt()
    assert caused_by_interrupt(error)
    outer = ImportError("numpy")
    outer.__context__ = error
    assert caused_by_interrupt(outer)


def test_an_interrupt_in_disguise_is_let_through_as_one(glmv: Glmv) -> None:
    failure = SystemError("initialization failed")
    failure.__cause__ = KeyboardInterrupt()
    glmv.load_failure = failure
    with pytest.raises(KeyboardInterrupt):
        glmv("describe", "a.png")
