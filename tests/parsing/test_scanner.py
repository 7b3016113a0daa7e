from __future__ import annotations

from glmv_cli.parsing.scanner import MarkerScanner, Piece


def text(value: str) -> Piece:
    return Piece(value, is_marker=False)


def marker(value: str) -> Piece:
    return Piece(value, is_marker=True)


def test_ordinary_text_is_passed_on_at_once() -> None:
    scanner = MarkerScanner(("<a>",))
    assert scanner.feed("1 > 0") == [text("1 > 0")]
    assert scanner.flush() == []


def test_the_beginning_of_a_marker_is_held_until_it_is_decided() -> None:
    scanner = MarkerScanner(("<a>",))
    assert scanner.feed("x<a") == [text("x")]
    assert scanner.feed(">y") == [marker("<a>"), text("y")]


def test_a_beginning_that_becomes_nothing_is_text() -> None:
    scanner = MarkerScanner(("<a>",))
    assert scanner.feed("<a") == []
    assert scanner.feed("b") == [text("<ab")]


def test_a_failed_beginning_can_hide_a_real_one() -> None:
    scanner = MarkerScanner(("<a>",))
    assert scanner.feed("<a<") == [text("<a")]
    assert scanner.feed("a>") == [marker("<a>")]


def test_flush_gives_half_a_marker_as_text() -> None:
    scanner = MarkerScanner(("<a>",))
    assert scanner.feed("x<a") == [text("x")]
    assert scanner.flush() == [text("<a")]
    assert scanner.flush() == []


def test_of_two_markers_at_one_place_the_longer_counts() -> None:
    scanner = MarkerScanner(("<a", "<a-b>"))
    assert scanner.feed("<a") == []
    assert scanner.feed("-b>") == [marker("<a-b>")]
    assert scanner.feed("<a-") == []
    assert scanner.feed("c") == [marker("<a"), text("-c")]
    assert scanner.feed("<a-") == []
    assert scanner.flush() == [marker("<a"), text("-")]
