"""On a real GPU: copies are ordered by events, and the sums are those of the CPU."""

from __future__ import annotations

import pytest
import torch

from glmv_cli.kernels.moe import routed_experts
from glmv_cli.model.offload.cuda import CudaMover
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.home import InMemory
from glmv_cli.model.offload.prefill import Stream
from glmv_cli.model.offload.runner import HomeRunner, SlotRunner
from glmv_cli.model.offload.slots import Slots
from glmv_cli.model.offload.staging import Staging
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts, random_step

pytestmark = pytest.mark.gpu
SHAPE = ExpertShape(HIDDEN, INNER)
GPU = torch.device("cuda:0")


def test_an_expert_arrives_whole() -> None:
    staging, packed = Staging(CudaMover(GPU), SHAPE), random_experts()
    memory = torch.zeros(EXPERTS, SIZE, dtype=torch.uint8, device=GPU)
    for expert in range(EXPERTS):
        staging.send(packed, expert, memory[expert], staging.mover.computed()).hold_compute()
    for got, wanted in zip(tensors_of(SHAPE.views(memory)), tensors_of(packed), strict=True):
        assert torch.equal(got.cpu(), wanted)


def test_a_copy_waits_for_the_computing_before_it() -> None:
    mover = CudaMover(GPU)
    target = torch.zeros(SIZE, dtype=torch.uint8, device=GPU)
    source = mover.staging(SIZE).fill_(1)
    torch.cuda._sleep(50_000_000)
    seen = target.clone()  # after the pause, in the computing stream
    ticket = mover.upload(source, target, after=mover.computed())
    assert not ticket.done()
    ticket.wait()
    assert ticket.done()
    assert not seen.any()
    assert bool((target == 1).all())


@pytest.mark.parametrize("buffers", [0, 2, 4])
@pytest.mark.parametrize("slots", [0, 3, EXPERTS])
def test_a_layer_divided_between_gpu_and_cpu_gives_the_sum_of_the_cpu(slots: int, buffers: int) -> None:
    packed, staging = random_experts(), Staging(CudaMover(GPU, torch.float32), SHAPE)
    stream = Stream(buffers, staging) if buffers else None
    runner = SlotRunner(Slots(slots, staging), stream, HomeRunner(InMemory(packed), torch.float32), 16)
    for tokens, seed in [(1, 0), (1, 0), (1, 1), (20, 2), (1, 0), (20, 3), (3, 4)]:
        arguments = random_step(tokens, seed)
        got = runner(*(argument.to(GPU) for argument in arguments))
        assert got.device == GPU
        torch.testing.assert_close(got.cpu(), routed_experts(*arguments, packed), rtol=1e-3, atol=1e-4)


def test_experts_that_live_on_the_gpu_are_computed_there() -> None:
    packed = random_experts()
    there = type(packed)(*(tensor.to(GPU) for tensor in tensors_of(packed)))
    arguments = random_step(5)
    got = HomeRunner(InMemory(there), torch.float32)(*arguments)  # tokens come from the CPU and return to it
    torch.testing.assert_close(got, routed_experts(*arguments, packed), rtol=1e-3, atol=1e-4)
