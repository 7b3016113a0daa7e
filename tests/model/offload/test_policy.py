"""Slots hold what was used last, never an expert twice, and never give away what a step is using."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.model.offload.policy import SlotTable, Split


def fill(table: SlotTable, *experts: int) -> None:
    for expert in experts:
        assert table.claim(expert, keep=()) is not None
        table.arrived(expert)


def test_an_empty_table_misses_everything_in_the_order_asked() -> None:
    table = SlotTable(2)
    assert table.split([5, 3, 9]) == Split({}, (5, 3, 9))
    assert (table.hits, table.misses) == (0, 3)


def test_an_expert_is_found_once_it_has_arrived() -> None:
    table = SlotTable(2)
    slot = table.claim(7, keep=())
    assert slot is not None
    assert table.split([7]) == Split({}, (7,))
    table.arrived(7)
    assert table.split([7, 8]) == Split({7: slot}, (8,))
    assert (table.hits, table.misses) == (1, 2)


@pytest.mark.parametrize(
    ("used", "kept", "evicted"),
    [
        ([], [], 0),
        ([0], [], 1),
        ([0, 1], [], 2),
        ([2, 0], [1], 2),
        ([], [0, 1], 2),
        ([0, 1, 2], [], 0),
    ],
)
def test_the_least_recently_used_expert_that_is_not_kept_makes_room(
    used: list[int], kept: list[int], evicted: int
) -> None:
    table = SlotTable(3)
    fill(table, 0, 1, 2)
    before = table.present
    table.split(used)
    assert table.claim(9, keep=kept) == before[evicted]
    assert evicted not in table.present


def test_there_is_no_slot_when_all_are_in_use_or_arriving() -> None:
    table = SlotTable(2)
    fill(table, 0)
    assert table.claim(1, keep=()) is not None
    assert table.claim(2, keep=[0]) is None
    assert set(table.present) == {0}


def test_free_slots_only() -> None:
    table = SlotTable(1)
    assert table.claim(0, keep=(), evict=False) is not None
    table.arrived(0)
    assert table.claim(1, keep=(), evict=False) is None
    assert set(table.present) == {0}


@pytest.mark.parametrize("arrived", [True, False])
def test_an_expert_gets_no_second_slot(arrived: bool) -> None:
    table = SlotTable(2)
    table.claim(4, keep=())
    if arrived:
        table.arrived(4)
    assert table.claim(4, keep=()) is None


def test_no_slots_at_all() -> None:
    assert SlotTable(0).claim(1, keep=()) is None


STEPS = st.lists(
    st.tuples(st.lists(st.integers(0, 9), max_size=4, unique=True), st.integers(0, 2), st.booleans()), max_size=40
)


@given(slots=st.integers(0, 5), steps=STEPS)
def test_it_behaves_like_a_list_of_experts_in_the_order_of_use(
    slots: int, steps: list[tuple[list[int], int, bool]]
) -> None:
    """Every step: split, then up to n uploads of what was missed, which arrive now or one step later."""
    table = SlotTable(slots)
    order: list[int] = []
    late: list[int] = []
    hits = misses = 0
    for wanted, uploads, at_once in steps:
        for expert in late:
            table.arrived(expert)
            order.append(expert)
        late = []
        split = table.split(wanted)
        assert set(split.hits) == set(wanted) & set(order)
        assert list(split.misses) == [expert for expert in wanted if expert not in order]
        order = [e for e in order if e not in wanted] + [e for e in wanted if e in order]
        hits, misses = hits + len(split.hits), misses + len(split.misses)
        for expert in split.misses[:uploads]:
            victims = [e for e in order if e not in wanted]
            full = len(order) + len(late) == slots
            slot = table.claim(expert, keep=wanted)
            assert (slot is None) == (full and not victims)
            if slot is None:
                continue
            if full:
                order.remove(victims[0])
            late.append(expert)
        if at_once:
            for expert in late:
                table.arrived(expert)
            order, late = order + late, []
        taken = [*table.present.values(), *table.arriving.values()]
        assert len(set(taken)) == len(taken) <= slots
        assert all(0 <= slot < slots for slot in taken)
        assert list(table.present) == order
        assert not set(table.present) & set(table.arriving)
    assert (table.hits, table.misses) == (hits, misses)
