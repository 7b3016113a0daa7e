from __future__ import annotations

import pytest

from glmv_cli.render.terminal.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("cost", "pause"), [(0.0, 0.05), (0.001, 0.05), (0.03, 1.0), (9.0, 5.0)])
def test_what_is_slow_to_draw_is_drawn_less_often(cost: float, pause: float) -> None:
    clock, cpu = Clock(), Clock()
    pace = Pace(clock, cpu)
    assert pace.due
    with pace.drawing():
        cpu.now += cost
    clock.now += pause - 0.001
    assert not pace.due
    clock.now += 0.002
    assert pace.due
