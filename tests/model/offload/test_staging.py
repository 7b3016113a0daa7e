"""Experts arrive whole, however late the device copies."""

from __future__ import annotations

import pytest
import torch

from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.mover import Done, HostMover
from glmv_cli.model.offload.staging import BUFFERS, Staging
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts
from tests.model.offload.movers import LateMover

SHAPE = ExpertShape(HIDDEN, INNER)


@pytest.mark.parametrize("late", [False, True])
def test_what_was_sent_is_what_lay_at_home(late: bool) -> None:
    mover = LateMover() if late else HostMover()
    staging, packed = Staging(mover, SHAPE), random_experts()
    memory = torch.zeros(EXPERTS, SIZE, dtype=torch.uint8)
    tickets = [staging.send(packed, expert, memory[expert], Done()) for expert in range(EXPERTS)]
    for ticket in tickets:
        ticket.wait()
    for got, wanted in zip(tensors_of(SHAPE.views(memory)), tensors_of(packed), strict=True):
        assert torch.equal(got, wanted)
    assert staging.sent == EXPERTS * SIZE


def test_it_is_free_until_every_buffer_waits_for_the_device() -> None:
    mover = LateMover()
    staging, packed = Staging(mover, SHAPE), random_experts()
    memory = torch.zeros(EXPERTS, SIZE, dtype=torch.uint8)
    for expert in range(BUFFERS):
        assert staging.is_free()
        staging.send(packed, expert, memory[expert], Done())
    assert not staging.is_free()
    mover.pending[0].wait()
    assert staging.is_free()


def test_a_full_ring_waits_for_its_oldest_copy_only() -> None:
    mover = LateMover()
    staging, packed = Staging(mover, SHAPE), random_experts()
    memory = torch.zeros(EXPERTS, SIZE, dtype=torch.uint8)
    for expert in range(BUFFERS + 1):
        staging.send(packed, expert, memory[expert], Done())
    assert mover.log == ["start"] * BUFFERS + ["copied", "start"]
