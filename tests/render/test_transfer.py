"""The line that shows a transfer."""

from __future__ import annotations

import io

import pytest

from glmv_cli.render.output import Output
from glmv_cli.render.transfer import TransferLine, format_seconds

GIB = 1 << 30


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def output_of(tty: bool) -> tuple[Output, io.StringIO]:
    stderr = io.StringIO()
    return Output(io.StringIO(), stderr, stdout_is_tty=tty, stderr_is_tty=tty, color=False), stderr


def run(tty: bool, steps: list[tuple[float, int]], total: int = 100 * GIB) -> str:
    output, stderr = output_of(tty)
    clock = Clock()
    line = TransferLine(output, "quantizing", clock)
    for seconds, done in steps:
        clock.now = 100 + seconds
        line(done, total)
    return stderr.getvalue()


def test_bytes_rate_and_time_left() -> None:
    text = run(True, [(0, 0), (10, 5 * GIB)])
    assert text.split("\r")[-1] == "quantizing [................]   5 %  5.0 GiB of 100 GiB  512 MiB/s  3:10 left"


def test_without_room_the_bar_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    text = run(True, [(0, 0), (10, 5 * GIB)])
    assert text.split("\r")[-1].rstrip() == "quantizing   5 %  5.0 GiB of 100 GiB  512 MiB/s  3:10 left"


def test_what_an_earlier_run_did_does_not_count_for_the_rate() -> None:
    assert "512 MiB/s  1:40 left" in run(True, [(0, 45 * GIB), (10, 50 * GIB)])


def test_the_rate_is_that_of_the_last_seconds() -> None:
    steps = [(t, t * GIB) for t in range(40)] + [(40 + t, 39 * GIB + t * GIB // 4) for t in range(1, 31)]
    assert "256 MiB/s" in run(True, [(float(t), done) for t, done in steps]).split("\r")[-1]


def test_a_line_is_not_drawn_more_than_ten_times_a_second() -> None:
    assert run(True, [(t / 1000, t) for t in range(1000)]).count("\r") <= 11


def test_off_a_terminal_there_is_a_line_now_and_then() -> None:
    lines = run(False, [(float(t), t * GIB // 2) for t in range(100)]).splitlines()
    assert len(lines) == 3
    assert lines[0] == "quantizing  15 %  15.0 GiB of 100 GiB  512 MiB/s  2:50 left"


def test_off_a_terminal_a_short_transfer_says_nothing() -> None:
    assert run(False, [(0, 0), (20, 100 * GIB)]) == ""


def test_the_line_is_taken_away() -> None:
    output, stderr = output_of(True)
    line = TransferLine(output, "x")
    line(0, 10)
    line.clear()
    line.clear()
    assert stderr.getvalue().endswith("\r")
    assert stderr.getvalue().split("\r")[-2].strip() == ""


def test_nothing_to_transfer_is_all_done() -> None:
    assert "100 %" in run(True, [(0, 0)], total=0)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (402, "6:42"), (4002, "1:06:42")])
def test_times(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
