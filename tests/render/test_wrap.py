from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.render.cells import cells
from glmv_cli.render.wrap import WordWrap


def wrapped(text: str, columns: int, pieces: list[str] | None = None) -> str:
    wrap = WordWrap(lambda: columns)
    return "".join(wrap.write(piece) for piece in (pieces or [text])) + wrap.end()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("one twoo three", ["one twoo", "three"]),
        ("one  two\n  three", ["one  two", "  three"]),
        ("a\n\nb ", ["a", "", "b"]),
        ("一二三四五", ["一二三四", "五"]),
        ("on 一二三四", ["on 一二", "三四"]),
    ],
)
def test_lines_are_broken_between_words(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8).split("\n") == lines


def test_a_word_that_is_wider_than_a_line_is_kept_whole() -> None:
    assert wrapped("a https://example.org/x b", 8).replace("\n", "|") == "a|https://example.org/x b"


words = st.text("ab一é \n", max_size=40)


@given(words, st.integers(2, 12), st.lists(st.integers(0, 40), max_size=6))
def test_the_pieces_in_which_it_comes_make_no_difference_and_nothing_is_lost(
    text: str, columns: int, cuts: list[int]
) -> None:
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    whole = wrapped(text, columns)
    assert wrapped(text, columns, pieces) == whole
    assert re.sub(r"\s", "", whole) == re.sub(r"\s", "", text)
    assert all(cells(line) <= columns or " " not in line.strip() for line in whole.split("\n"))


def test_nothing_is_shown_before_its_word_is_whole_and_all_before_it_is() -> None:
    wrap = WordWrap(lambda: 8)
    assert [wrap.write(piece) for piece in ("one", " tw", "o", " ")] == ["", "one", "", " two"]
