"""No step ever exceeds the capacity; what is kept is what was used last, and a scan disturbs nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.model.offload.residency import Action, Compute, Drop, Fetch, Key, Residency


def keys(*experts: int, layer: int = 0) -> tuple[Key, ...]:
    return tuple(Key(layer, expert) for expert in experts)


def run(residency: Residency, *experts: int, size: int = 10, scan: bool = False, layer: int = 0) -> list[Action]:
    return list(residency.step(keys(*experts, layer=layer), size, scan=scan))


def test_what_is_there_is_computed_while_the_rest_is_read() -> None:
    residency = Residency(100)
    run(residency, 1, 2)
    assert run(residency, 1, 3, 2, 4) == [Fetch(keys(3, 4)), Compute(keys(1, 2)), Compute(keys(3, 4))]
    assert (residency.hits, residency.misses, residency.bytes_read) == (2, 4, 40)


def test_the_least_recently_used_goes_first() -> None:
    residency = Residency(30)
    for expert in (1, 2, 3, 1):
        run(residency, expert)
    assert run(residency, 4) == [Drop(keys(2)), Fetch(keys(4)), Compute(keys(4))]
    assert residency.resident == keys(3, 1, 4)


def test_what_fits_is_read_in_one_go() -> None:
    assert run(Residency(100), 1, 2, 3, 4, 5) == [Fetch(keys(1, 2, 3, 4, 5)), Compute(keys(1, 2, 3, 4, 5))]


def test_more_than_fits_passes_through_in_halves() -> None:
    residency = Residency(40)
    assert run(residency, 1, 2, 3, 4, 5) == [
        Fetch(keys(1, 2)),
        Fetch(keys(3, 4)),
        Compute(keys(1, 2)),
        Drop(keys(1)),
        Fetch(keys(5)),
        Compute(keys(3, 4)),
        Compute(keys(5)),
    ]


def test_a_capacity_of_a_single_expert_reads_one_after_the_other() -> None:
    assert run(Residency(10), 1, 2) == [
        Fetch(keys(1)), Compute(keys(1)), Drop(keys(1)), Fetch(keys(2)), Compute(keys(2)),
    ]  # fmt: skip


def test_a_scan_leaves_what_was_there() -> None:
    residency = Residency(60, scan_bytes=10)
    run(residency, 0, 1, 2, 3, layer=7)
    for layer in range(3):
        run(residency, *range(20), scan=True, layer=layer)
    assert set(keys(0, 1, 2, 3, layer=7)) <= set(residency.resident)
    assert residency.used == 60


def test_scans_of_the_same_layers_find_again_what_fitted() -> None:
    residency = Residency(600, scan_bytes=20)
    for _ in range(3):
        for layer in range(10):
            run(residency, *range(10), scan=True, layer=layer)
    assert residency.hits >= 2 * 54  # of 60 that fit, all but what a scan needs for itself


STEP = st.tuples(st.integers(0, 2), st.lists(st.integers(0, 11), max_size=12, unique=True), st.booleans())


@given(capacity=st.integers(10, 100), scan_bytes=st.integers(1, 60), steps=st.lists(STEP, max_size=25))
def test_any_steps_stay_within_the_capacity_and_compute_everything_once(
    capacity: int, scan_bytes: int, steps: list[tuple[int, list[int], bool]]
) -> None:
    residency = Residency(capacity, scan_bytes)
    sizes = (5, 10, 7)
    held: set[Key] = set()
    wanted_count = fetched_bytes = 0
    for layer, experts, scan in steps:
        computed: list[Key] = []
        for action in residency.step(keys(*experts, layer=layer), sizes[layer], scan=scan):
            match action:
                case Drop(dropped):
                    assert set(dropped) <= held
                    held -= set(dropped)
                case Fetch(fetched):
                    assert not set(fetched) & held
                    assert len(set(fetched)) == len(fetched)
                    held |= set(fetched)
                    fetched_bytes += sizes[layer] * len(fetched)
                case Compute(used):
                    assert set(used) <= held
                    computed += used
            assert sum(sizes[key.layer] for key in held) <= capacity
        assert sorted(computed) == sorted(keys(*experts, layer=layer))
        assert set(residency.resident) == held
        assert residency.used == sum(sizes[key.layer] for key in held)
        wanted_count += len(experts)
    assert residency.hits + residency.misses == wanted_count
    assert residency.bytes_read == fetched_bytes


@given(
    capacity=st.integers(1, 8),
    steps=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), max_size=60),
)
def test_single_experts_follow_the_plain_rule(capacity: int, steps: list[tuple[int, int]]) -> None:
    residency = Residency(capacity)
    order: list[Key] = []
    for step in steps:
        key = Key(*step)
        list(residency.step([key], 1, scan=False))
        order = [other for other in order if other != key][-(capacity - 1) :] if capacity > 1 else []
        order.append(key)
        assert list(residency.resident) == order
