"""However a layer's experts are divided between device and home, the sum is the same."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels.moe import routed_experts
from glmv_cli.model.offload.experts import ExpertShape
from glmv_cli.model.offload.home import InMemory
from glmv_cli.model.offload.mover import HostMover
from glmv_cli.model.offload.prefill import Stream
from glmv_cli.model.offload.runner import HomeRunner, SlotRunner
from glmv_cli.model.offload.slots import Slots
from glmv_cli.model.offload.staging import Staging
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts, random_step
from tests.model.offload.movers import LateMover

PACKED = random_experts()


def runner_of(mover: HostMover | LateMover, slots: int, buffers: int, streaming_tokens: int = 16) -> SlotRunner:
    staging = Staging(mover, ExpertShape(HIDDEN, INNER))
    return SlotRunner(
        Slots(slots, staging),
        Stream(buffers, staging) if buffers else None,
        HomeRunner(InMemory(PACKED), torch.float32),
        streaming_tokens,
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_at_home_it_is_the_plain_sum_in_the_dtype_of_the_tokens(dtype: torch.dtype) -> None:
    hidden, ids, weights = random_step(5)
    out = HomeRunner(InMemory(PACKED), torch.float32)(hidden.to(dtype), ids, weights)
    assert out.dtype == dtype
    expected = routed_experts(hidden.to(dtype).float(), ids, weights, PACKED).to(dtype)
    torch.testing.assert_close(out, expected)


@given(
    late=st.booleans(),
    slots=st.integers(0, EXPERTS),
    buffers=st.sampled_from([0, 2, 4]),
    steps=st.lists(st.tuples(st.sampled_from([1, 2, 20]), st.integers(0, 99), st.booleans()), max_size=8),
)
def test_any_division_gives_the_plain_sum(
    late: bool, slots: int, buffers: int, steps: list[tuple[int, int, bool]]
) -> None:
    """Steps of decode and prefill in any order; copies arrive after some of them."""
    mover = LateMover() if late else HostMover()
    runner = runner_of(mover, slots, buffers)
    for tokens, seed, finish in steps:
        arguments = random_step(tokens, seed)
        torch.testing.assert_close(runner(*arguments), routed_experts(*arguments, PACKED))
        if finish and isinstance(mover, LateMover):
            mover.finish()


def test_experts_in_slots_are_not_computed_at_home() -> None:
    runner = runner_of(HostMover(), EXPERTS, 0)
    arguments = random_step(1)
    for _ in range(3):
        runner(*arguments)
    assert runner.slots.table.split(arguments[1][0].tolist()).misses == ()
    spoiled = HomeRunner(InMemory(random_experts(seed=9)), torch.float32)
    runner.elsewhere = spoiled  # whoever computes there now gets a wrong sum
    torch.testing.assert_close(runner(*arguments), routed_experts(*arguments, PACKED))


def test_a_prompt_leaves_the_experts_it_wants_most_in_the_slots() -> None:
    runner = runner_of(HostMover(), 2, 2)
    hidden, ids, weights = torch.randn(20, HIDDEN), torch.tensor([[6, 3, 1]] * 12 + [[6, 3, 2]] * 8), torch.rand(20, 3)
    runner(hidden, ids, weights)
    assert set(runner.slots.table.present) == {6, 3}


def test_every_missed_expert_of_a_prompt_crosses_once() -> None:
    mover = LateMover()
    runner = runner_of(mover, 3, 2)
    for _ in range(2):
        runner(torch.randn(40, HIDDEN), torch.arange(EXPERTS).repeat(20)[: 40 * 3].reshape(40, 3), torch.rand(40, 3))
    assert mover.log.count("copied") == EXPERTS + (EXPERTS - 3)
    assert runner.slots._staging.sent == (2 * EXPERTS - 3) * SIZE


def test_the_tokens_leave_for_home_before_the_device_gets_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or they would wait for it, and nothing would be computed at the same time."""
    order: list[str] = []
    runner = runner_of(HostMover(), 1, 0)
    runner(*random_step(1))

    def noted(hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, experts: object) -> torch.Tensor:
        order.append("device" if experts is runner.slots.experts else "home")
        return torch.zeros_like(hidden)

    monkeypatch.setattr("glmv_cli.model.offload.runner.routed_experts", noted)
    monkeypatch.setattr(runner.slots, "upload", lambda *a, **k: order.append("upload"))
    runner(*random_step(1))
    assert order == ["device", "home", "upload"]
