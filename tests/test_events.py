from __future__ import annotations

from glmv_cli.events import Offloaded


def test_what_was_moved_since_is_the_difference_of_every_count() -> None:
    assert Offloaded(10, 20, 30, 40, 50, 60).since(Offloaded(1, 2, 3, 4, 5, 6)) == Offloaded(9, 18, 27, 36, 45, 54)


def test_the_hit_ratio_is_that_of_experts_wanted_from_disk() -> None:
    assert Offloaded(3, 1, 0, 0, 9, 0).disk_hit_ratio == 0.75
    assert Offloaded(0, 0, 0, 0, 0, 0).disk_hit_ratio == 1.0
