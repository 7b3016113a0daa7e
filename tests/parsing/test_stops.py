"""An answer ends before the first stop text, wherever the stream was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.events import AnswerDelta
from glmv_cli.parsing.stops import StopFilter


def filtered(stops: tuple[str, ...], *texts: str) -> tuple[list[str], bool]:
    """The texts that come out for each that goes in, the last for the end; whether it stopped."""
    stop = StopFilter(stops)
    shown = ["".join(delta.text for delta in stop.feed(AnswerDelta(text))) for text in texts]
    shown.append("".join(delta.text for delta in stop.flush()))
    return shown, stop.stopped


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["one END two"], ["one ", ""]),
        (["one EN", "D two"], ["one ", "", ""]),
        (["E", "N", "D"], ["", "", "", ""]),
        (["ENEND", "x"], ["EN", "", ""]),
        (["END"], ["", ""]),
    ],
)
def test_nothing_is_shown_from_the_stop_text_on(texts: list[str], shown: list[str]) -> None:
    assert filtered(("END",), *texts) == (shown, True)


def test_what_might_have_become_a_stop_text_is_shown_when_it_did_not() -> None:
    assert filtered(("END",), "one E", "Nd", " two EN") == (["one ", "ENd", " two ", "EN"], False)


def test_the_first_of_several_counts() -> None:
    assert filtered((".", "\n"), "one\ntwo. three") == (["one", ""], True)


def test_a_text_keeps_what_it_is() -> None:
    stop = StopFilter(("abc",))
    deltas = [
        delta
        for text, boxed in (("xa", True), ("b", False), ("d", True))
        for delta in stop.feed(AnswerDelta(text, boxed))
    ]
    assert deltas == [AnswerDelta("x", True), AnswerDelta("a", True), AnswerDelta("b", False), AnswerDelta("d", True)]


@given(
    st.lists(st.text("abc", min_size=1, max_size=3), max_size=12),
    st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=2),
)
def test_any_split_shows_the_text_before_the_earliest_stop(texts: list[str], stops: list[str]) -> None:
    shown, stopped = filtered(tuple(stops), *texts)
    whole = "".join(texts)
    ends = [whole.index(stop) for stop in stops if stop in whole]
    assert "".join(shown) == whole[: min(ends, default=len(whole))]
    assert stopped == bool(ends)
