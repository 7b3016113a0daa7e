"""How many threads suit a machine, and where they sit."""

from __future__ import annotations

import pytest

from glmv_cli.errors import UsageError
from glmv_cli.placement.processors import Core, Processors
from glmv_cli.placement.threads import Threads, choose_threads, seats, sensible

PLAIN = Processors(tuple(Core((cpu,)) for cpu in range(4)))
SIBLINGS = Processors(tuple(Core((cpu, cpu + 4)) for cpu in range(4)))
HYBRID = Processors((Core((0, 1)), Core((2, 3)), Core((4,), fast=False), Core((5,), fast=False)))
TWO_SOCKETS = Processors((Core((0, 4)), Core((1, 5), node=1), Core((2, 6)), Core((3, 7), node=1)))


@pytest.mark.parametrize(
    ("processors", "count", "why"),
    [
        (PLAIN, 4, "one for each core"),
        (SIBLINGS, 4, "one for each core"),
        (HYBRID, 2, "one for each performance core"),
        (TWO_SOCKETS, 4, "one for each core"),
        (Processors(PLAIN.cores, quota=1.5), 2, "the container gets the time of 1.5 processors"),
        (Processors(PLAIN.cores, quota=0.1), 1, "the container gets the time of 0.1 processors"),
        (Processors(PLAIN.cores, quota=3.5), 4, "one for each core"),
        (Processors(HYBRID.cores, quota=4), 2, "one for each performance core"),
    ],
)
def test_what_suits_a_machine(processors: Processors, count: int, why: str) -> None:
    assert sensible(processors) == (count, why)
    assert choose_threads(processors, None, False, {}) == Threads(count, why)


def test_a_wish_counts_before_openmp_before_the_guess() -> None:
    environ = {"OMP_NUM_THREADS": "3,1"}
    assert choose_threads(SIBLINGS, 8, False, environ) == Threads(8, "--threads")
    assert choose_threads(SIBLINGS, 7, False, environ, "GLMV_THREADS") == Threads(7, "GLMV_THREADS")
    assert choose_threads(SIBLINGS, None, False, environ) == Threads(3, "OMP_NUM_THREADS")


@pytest.mark.parametrize("text", ["", "0", "many", "-1"])
def test_what_openmp_cannot_read_does_not_count(text: str) -> None:
    assert choose_threads(PLAIN, None, False, {"OMP_NUM_THREADS": text}).count == 4


def test_more_threads_than_processors_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        choose_threads(SIBLINGS, 9, False, {}, "GLMV_THREADS")
    assert caught.value.message == "GLMV_THREADS asks for 9 threads, of 8 processors that glmv may use"
    assert caught.value.hint == "leave it out for 4, which suits this machine"


@pytest.mark.parametrize(
    ("processors", "order"),
    [
        (PLAIN, (0, 1, 2, 3)),
        (SIBLINGS, (0, 1, 2, 3, 4, 5, 6, 7)),
        (HYBRID, (0, 2, 4, 5, 1, 3)),
        (TWO_SOCKETS, (0, 2, 1, 3, 4, 6, 5, 7)),
    ],
)
def test_cores_are_filled_before_their_second_seats(processors: Processors, order: tuple[int, ...]) -> None:
    assert seats(processors) == order


def test_threads_are_bound_only_if_asked_for() -> None:
    assert choose_threads(HYBRID, None, True, {}).cpus == (0, 2)
    assert choose_threads(HYBRID, 3, True, {}).cpus == (0, 2, 4)
    assert choose_threads(HYBRID, 3, False, {}).cpus == ()
