"""Experts that pass through the buffers are read before they are overwritten."""

from __future__ import annotations

import torch

from glmv_cli.model.offload.experts import ExpertShape
from glmv_cli.model.offload.mover import Ticket
from glmv_cli.model.offload.prefill import Stream
from glmv_cli.model.offload.staging import Staging
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, random_experts
from tests.model.offload.movers import Late, LateMover

PACKED = random_experts()


class LateComputer(LateMover):
    """Computes late as well: what it has been told to read is read when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.launched: list[Late] = []

    def computed(self) -> Ticket:
        earlier = list(self.launched)

        def compute() -> None:
            for ticket in earlier:
                ticket.wait()

        return Late(compute)


def test_a_buffer_is_filled_again_only_after_it_was_computed_from() -> None:
    mover = LateComputer()
    stream = Stream(2, Staging(mover, ExpertShape(HIDDEN, INNER)))
    read: dict[int, torch.Tensor] = {}
    for expert in range(EXPERTS):
        number = stream.send(PACKED, expert)

        def compute(expert: int = expert, number: int = number) -> None:
            read[expert] = stream.experts.down[number].clone()

        mover.launched.append(Late(compute))
        stream.computed(number)
        assert len(read) == max(0, expert - 1)  # the two latest are still computing
    mover.computed().wait()
    assert all(torch.equal(read[expert], PACKED.down[expert]) for expert in range(EXPERTS))
