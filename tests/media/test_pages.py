"""What may stand behind ``#``, and which of two readings counts."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.media.pages import PageChoice, parse_pages, split_pages


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("3", [3]),
        ("3-7", [3, 4, 5, 6, 7]),
        ("-3", [1, 2, 3]),
        ("8-", [8, 9, 10]),
        ("1-", list(range(1, 11))),
        ("1,4-6", [1, 4, 5, 6]),
        ("9, 2 ,9-10", [9, 2, 9, 10]),
        ("page=4", [4]),
        ("10-10", [10]),
    ],
)
def test_pages_are_those_that_are_written(text: str, pages: list[int]) -> None:
    choice = parse_pages(text)
    assert choice is not None
    assert list(chain.from_iterable(choice.of("report.pdf", 10))) == pages


@pytest.mark.parametrize(
    "text", ["", "-", ",", "1,", "0", "0-3", "7-3", "a", "1-2-3", "1.5", "\u0661", "²", "+1", "-0", "5-0", "9" * 10]
)
def test_anything_else_is_no_choice(text: str) -> None:
    assert parse_pages(text) is None


@pytest.mark.parametrize(("text", "missing"), [("11", 11), ("3-12", 12), ("1,99", 99), ("12-", 12), ("-11", 11)])
def test_a_page_that_is_not_there_is_told_with_the_count(text: str, missing: int) -> None:
    choice = parse_pages(text)
    assert choice is not None
    with pytest.raises(MediaError, match=f"^report.pdf has 10 pages, and no page {missing}$") as caught:
        choice.of("report.pdf", 10)
    assert caught.value.hint == "all of it is report.pdf#1-10"


@given(st.text(alphabet="0123456789-, page=", max_size=12), st.integers(1, 30))
def test_whatever_is_chosen_is_there(text: str, count: int) -> None:
    choice = parse_pages(text)
    if choice is None:
        return
    try:
        pages = list(chain.from_iterable(choice.of("a.pdf", count)))
    except MediaError:
        return
    assert pages
    assert all(1 <= page <= count for page in pages)


def test_a_file_whose_name_has_the_mark_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.pdf").touch()
    assert split_pages("a.pdf") == ("a.pdf", None)
    assert split_pages("a.pdf#2") == ("a.pdf", PageChoice("2", ((2, 2),)))
    Path("a.pdf#2").touch()
    assert split_pages("a.pdf#2") == ("a.pdf#2", None)
    assert split_pages("a.pdf#2#3")[0] == "a.pdf#2"
    assert split_pages("none.pdf#2") == ("none.pdf#2", None)
    assert split_pages("#2") == ("#2", None)


def test_nonsense_behind_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    with pytest.raises(UsageError, match="'two' says no pages") as caught:
        split_pages(f"{tmp_path}/a.pdf#two")
    assert "#3-7" in (caught.value.hint or "")


def test_addresses_keep_what_is_no_choice() -> None:
    assert split_pages("https://example.org/a.pdf#2-3")[0] == "https://example.org/a.pdf"
    assert split_pages("https://example.org/a.pdf#page=2")[0] == "https://example.org/a.pdf"
    assert split_pages("https://example.org/a.pdf#top") == ("https://example.org/a.pdf#top", None)
    assert split_pages("https://example.org/a.pdf#top")[1] is None
