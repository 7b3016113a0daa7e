"""Slots are filled a few at a time, and used when the copy has arrived."""

from __future__ import annotations

import torch

from glmv_cli.model.offload.experts import ExpertShape
from glmv_cli.model.offload.mover import Done, Mover
from glmv_cli.model.offload.policy import UPLOADS_PER_STEP
from glmv_cli.model.offload.slots import Slots
from glmv_cli.model.offload.staging import Staging
from tests.model.offload.layers import HIDDEN, INNER, random_experts
from tests.model.offload.movers import Late, LateMover

SHAPE = ExpertShape(HIDDEN, INNER)
PACKED = random_experts()


def slots_of(count: int, mover: Mover) -> Slots:
    return Slots(count, Staging(mover, SHAPE))


def test_an_expert_is_used_only_once_its_copy_has_arrived() -> None:
    mover = LateMover()
    slots = slots_of(2, mover)
    slots.upload(PACKED, [5], keep=(), after=Done())
    assert slots.split([5]).misses == (5,)
    mover.finish()
    hits = slots.split([5]).hits
    assert torch.equal(slots.experts.down[hits[5]], PACKED.down[5])
    assert torch.equal(slots.experts.gate_up_absmax[hits[5]], PACKED.gate_up_absmax[5])


def test_few_are_copied_after_a_step() -> None:
    mover = LateMover()
    slots = slots_of(8, mover)
    slots.upload(PACKED, [0, 1, 2, 3, 4], keep=(), after=Done())
    mover.finish()
    assert sorted(slots.split(range(8)).hits) == list(range(UPLOADS_PER_STEP))


def test_a_step_does_not_wait_for_the_copies_of_the_last_one() -> None:
    mover = LateMover()
    slots = slots_of(8, mover)
    slots.upload(PACKED, [0, 1], keep=(), after=Done())
    slots.upload(PACKED, [2, 3], keep=(), after=Done())
    assert mover.log == ["start", "start"]  # and nothing was copied to make room for more


def test_what_a_step_uses_is_not_overwritten() -> None:
    mover = LateMover()
    slots = slots_of(1, mover)
    slots.upload(PACKED, [0], keep=(), after=Done())
    mover.finish()
    assert slots.split([0, 1]).hits == {0: 0}
    slots.upload(PACKED, [1], keep=[0], after=Done())
    assert torch.equal(slots.experts.down[0], PACKED.down[0])


def test_a_slot_is_overwritten_after_what_reads_it() -> None:
    mover = LateMover()
    slots = slots_of(1, mover)
    slots.upload(PACKED, [0], keep=(), after=Done())
    mover.finish()
    slots.split([0])
    seen: list[torch.Tensor] = []
    reading = Late(lambda: seen.append(slots.experts.down[0].clone()))
    slots.split([1])
    slots.upload(PACKED, [1], keep=(), after=reading)
    assert torch.equal(seen[0], PACKED.down[0])


def test_a_free_slot_can_be_filled_and_used_at_once() -> None:
    slots = slots_of(2, LateMover())
    for expert in (3, 4):
        slot = slots.fill_free(PACKED, expert)
        assert slot is not None
        assert torch.equal(slots.experts.down[slot], PACKED.down[expert])
    assert slots.fill_free(PACKED, 5) is None
    assert sorted(slots.split([3, 4, 5]).hits) == [3, 4]
