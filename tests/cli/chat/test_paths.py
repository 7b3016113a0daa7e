from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from glmv_cli.cli.chat.paths import is_media, only_media, take_media, unquoted
from tests.media.documents import write_pdf


@pytest.fixture
def spaced(folder: Path) -> Path:
    """A picture whose path has a space, an apostrophe and a letter that is not ASCII."""
    path = folder / "my cat's é.png"
    shutil.copy(folder / "a.png", path)
    return path


def test_media_are_known_by_content(folder: Path) -> None:
    assert is_media("a.png")
    assert is_media("c.mp4")
    assert not any(map(is_media, ["text.png", "empty.png", "none.png", str(folder), "a\0b", "x" * 5000]))


def test_a_path_is_recognised_however_it_is_dropped(spaced: Path) -> None:
    escaped = str(spaced).replace(" ", "\\ ").replace("'", "\\'")
    for dropped in (str(spaced), f'"{spaced}"', escaped, spaced.as_uri(), f"  {escaped} \n"):
        assert only_media(dropped) == [str(spaced)], dropped


def test_the_home_directory_may_be_a_tilde(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert only_media("~/a.png") == [str(folder / "a.png")]


def test_several_paths_may_be_dropped_at_once(folder: Path) -> None:
    assert only_media("'a.png' b.png\nc.mp4") == ["a.png", "b.png", "c.mp4"]


@pytest.mark.parametrize(
    "text", ["", "a.png?", "a.png is nice", "text.png", "none.png", "'a.png", "/help", "file://[x", "file://"]
)
def test_anything_else_is_text(folder: Path, text: str) -> None:
    assert only_media(text) == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("@a.png What is it?", "What is it?"),
        ("What is it? @a.png", "What is it?"),
        ("What is in @a.png?", "What is in?"),
        ("Is @a.png nice?", "Is a.png nice?"),
        ("./a.png What's it?", "What's it?"),
        ('What is it? "./a.png"', "What is it?"),
        ('Say, is @"a.png", nice?', "Say, is a.png, nice?"),
    ],
)
def test_media_are_taken_out_of_a_question(folder: Path, text: str, question: str) -> None:
    left, paths = take_media(text)
    assert left.replace(" ?", "?") == question
    assert [Path(path).name for path in paths] == ["a.png"]


@pytest.mark.parametrize(
    "text", ["a.png is it?", "mail me@a.png", "@none.png", "@text.png it", "@", "what's 'this'", "/ 2"]
)
def test_what_names_no_media_stays_as_it_is(folder: Path, text: str) -> None:
    assert take_media(text) == (text, [])


def test_quotes_and_escapes_are_those_of_a_shell() -> None:
    assert unquoted(r"'a\ b'") == r"a\ b"
    assert unquoted(r'"a\"b"') == 'a"b'
    assert unquoted("a\\ b\\'c") == "a b'c"
    assert unquoted("file:///tmp/a%20b") == "/tmp/a b"


@pytest.mark.parametrize(
    ("text", "question", "path"),
    [
        ("@report.pdf#2-4 Well?", "Well?", "report.pdf#2-4"),
        ("Is @report.pdf#1,3, or is it not?", "Is report.pdf#1,3, or is it not?", "report.pdf#1,3"),
        ("What does ./report.pdf say?", "What does report.pdf say?", "./report.pdf"),
        ("@report.pdf#all Well?", "@report.pdf#all Well?", None),
    ],
)
def test_pages_of_a_document_may_be_named(folder: Path, text: str, question: str, path: str | None) -> None:
    write_pdf(folder / "report.pdf", 4)
    assert take_media(text) == (question, [] if path is None else [path])
