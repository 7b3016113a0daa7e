from __future__ import annotations

import io

from glmv_cli.render.batch import BatchLine
from glmv_cli.render.output import Output


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(tty: bool, quiet: bool = False) -> tuple[BatchLine, Clock, io.StringIO]:
    stderr, clock = io.StringIO(), Clock()
    output = Output(io.StringIO(), stderr, stdout_is_tty=tty, stderr_is_tty=tty, color=False, quiet=quiet)
    return BatchLine(output, 10, clock), clock, stderr


def test_on_a_terminal_it_tells_what_is_done_and_left() -> None:
    batch, clock, stderr = line(tty=True)
    batch.skipped, batch.failed = 2, 1
    batch.start()
    clock.now = 30.0
    batch.answered = 3
    batch.show("g.png")
    assert "6 of 10  1 failed  0:40 left  g.png" in stderr.getvalue()


def test_elsewhere_it_tells_so_now_and_then() -> None:
    batch, clock, stderr = line(tty=False)
    for second in range(70):
        clock.now = float(second)
        batch.show("g.png")
    assert stderr.getvalue() == "0 of 10\n" * 2


def test_it_can_be_quiet() -> None:
    batch, clock, stderr = line(tty=False, quiet=True)
    clock.now = 100.0
    batch.show("g.png")
    assert stderr.getvalue() == ""
