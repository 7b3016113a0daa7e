"""Ranges are the best there are, compared with trying all of them; slots are spread so that they are of use."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.placement.ranges import Item, Range, Rooms, best_ranges, last_layers, spread

ITEMS = st.lists(st.builds(Item, core=st.integers(0, 9), experts=st.integers(0, 20)), min_size=1, max_size=6)
ROOMS = st.lists(st.integers(0, 60), min_size=1, max_size=3)


def whole(left: int, wanted: int) -> int:
    """Experts in units of 4, after a buffer of 2, unless all fit."""
    return wanted if left >= wanted else max(0, left - 2) // 4 * 4


def worth_of(ranges: list[Range], rooms: Rooms) -> int | None:
    """None: some core does not fit."""
    used = [(gpu, layers) for gpu, layers in enumerate(ranges) if layers[0] < layers[1]]
    if any(rooms.left(gpu, layers) < 0 for gpu, layers in used):
        return None
    return sum(whole(rooms.left(gpu, layers), rooms.wanted(layers)) for gpu, layers in used)


@given(ITEMS, ROOMS)
def test_no_other_split_is_worth_more(items: list[Item], sizes: list[int]) -> None:
    rooms = Rooms.of(sizes, items)
    splits = combinations_with_replacement(range(len(items) + 1), len(sizes) - 1)
    every = [worth_of(list(pairwise((0, *ends, len(items)))), rooms) for ends in splits]
    possible = [worth for worth in every if worth is not None]
    found = best_ranges(rooms, whole)
    assert (found is None) == (not possible)
    if found is not None:
        assert worth_of(found, rooms) == max(possible)
        assert [found[0][0], found[-1][1]] == [0, len(items)]
        assert all(a[1] == b[0] for a, b in pairwise(found))


@given(ITEMS, ROOMS)
def test_of_the_last_layers_as_many_as_fit(items: list[Item], sizes: list[int]) -> None:
    rooms = Rooms.of(sizes, items)
    found = last_layers(rooms)
    assert found[-1][1] == len(items)
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(rooms.left(gpu, layers) >= 0 for gpu, layers in enumerate(found) if layers[0] < layers[1])
    start = found[0][0]
    if start:  # one more does not fit, however the others are split
        shorter = Rooms.of(sizes, items[start - 1 :])
        assert best_ranges(shorter, whole) is None


@pytest.mark.parametrize(
    ("slots", "layers", "limit", "least", "spreaded"),
    [
        (0, 3, 8, 2, [0, 0, 0]),
        (7, 3, 8, 2, [3, 2, 2]),
        (5, 3, 8, 2, [3, 2, 0]),
        (1, 3, 8, 2, [1, 0, 0]),
        (30, 3, 8, 2, [8, 8, 8]),
        (5, 3, 8, 8, [5, 0, 0]),
        (5, 0, 8, 2, []),
    ],
)
def test_slots(slots: int, layers: int, limit: int, least: int, spreaded: list[int]) -> None:
    assert spread(slots, layers, limit, least) == spreaded
