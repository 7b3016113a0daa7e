from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.cli.stream_progress import StreamProgress


class Shown:
    def __init__(self) -> None:
        self.points: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.points.append((done, total))


def test_without_downloads_what_is_converted_counts() -> None:
    shown = Shown()
    progress = StreamProgress(shown)
    for done in (10, 50, 100):
        progress.converted(done, 100)
    assert shown.points == [(10, 100), (50, 100), (100, 100)]


def test_a_byte_counts_half_when_it_is_here_and_whole_when_it_is_converted() -> None:
    shown = Shown()
    progress = StreamProgress(shown)
    progress.converted(0, 200)
    for file in ("a", "b"):
        progress.downloaded(file, 0, 100)
        progress.downloaded(file, 100, 100)
        progress.converted(50 if file == "a" else 150, 200)
        progress.converted(100 if file == "a" else 200, 200)
    assert [done for done, _ in shown.points] == [0, 0, 50, 75, 100, 100, 150, 175, 200]


def test_nothing_is_shown_before_it_is_known_how_much_there_is() -> None:
    shown = Shown()
    StreamProgress(shown).downloaded("a", 5, 10)
    assert shown.points == []


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.integers(0, 100)), max_size=30))
def test_it_never_goes_back_and_never_past_the_end(events: list[tuple[str, int]]) -> None:
    shown = Shown()
    progress = StreamProgress(shown)
    progress.converted(0, 150)
    for file, amount in events:
        if file:
            progress.downloaded(file, amount, 100)
        else:
            progress.converted(amount, 150)
    values = [done for done, _ in shown.points]
    assert values == sorted(values)
    assert max(values) <= 150
