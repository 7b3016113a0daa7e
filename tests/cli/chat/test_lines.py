from __future__ import annotations

import io
from contextlib import suppress

import pytest

from glmv_cli.cli.chat.lines import PipedLines, is_open, unblocked


def read_all(data: bytes) -> list[str]:
    lines = PipedLines(io.BytesIO(data))
    read = []
    with suppress(EOFError):
        while True:
            read.append(lines.read())
    return read


def test_each_line_is_read_by_itself_and_empty_ones_are_not() -> None:
    assert read_all(b"one\n\n  \ntwo\r\nthree") == ["one", "two", "three"]


def test_a_block_holds_several_lines() -> None:
    assert read_all(b'"""one\n\ntwo\n"""\nthree\n') == ["one\n\ntwo", "three"]


def test_a_block_that_is_not_closed_ends_with_the_input() -> None:
    assert read_all(b'"""one\ntwo') == ["one\ntwo"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert read_all(b"\xff?\n") == ["\ufffd?"]


@pytest.mark.parametrize("text", ['say """a""" twice', '"""a""" twice', '"""a""" and """b"""', "a"])
def test_marks_within_a_text_stay(text: str) -> None:
    assert unblocked(text) == text


def test_a_block_is_open_until_it_is_closed() -> None:
    assert is_open('x """ y')
    assert not is_open('"""x"""')
