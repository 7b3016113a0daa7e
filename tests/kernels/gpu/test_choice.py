"""Triton computes where it can; where it cannot, torch does, and the reason is said."""

from __future__ import annotations

import sys

import pytest
import torch

from glmv_cli.kernels import nf4
from glmv_cli.kernels.gpu import choice
from glmv_cli.kernels.gpu.choice import GpuChoice
from glmv_cli.kernels.moe import PackedExperts, routed_experts
from tests.kernels.gpu.triton_device import DEVICE, EPSILON, marks, off_by

CPU = torch.device("cpu")


def matrix(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    packed, absmax = nf4.quantize(torch.randn(*shape, generator=generator) / shape[-1] ** 0.5)
    return packed.to(DEVICE), absmax.to(DEVICE)


@pytest.fixture
def triton_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton computes on the device of these tests, though it may be a CPU."""
    monkeypatch.setattr(choice, "chosen", lambda device: GpuChoice(True, "this test"))


def test_a_cpu_is_left_to_the_kernels_for_cpus() -> None:
    assert not choice.chosen(CPU).triton
    assert not choice.takes(torch.randn(1, 64), nf4.quantize(torch.randn(3, 64)))


def test_without_triton_torch_computes_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("triton", "glmv_cli.kernels.gpu.gemm", "glmv_cli.kernels.gpu.gemv"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "triton", None)  # as if it were not installed
    found = choice.tried(DEVICE)
    assert not found.triton
    assert "ModuleNotFoundError" in found.why
    assert "\n" not in found.why


class TestWithTriton:
    pytestmark = marks

    def test_it_is_chosen_after_it_has_computed_something(self) -> None:
        assert choice.tried(DEVICE).triton

    @pytest.mark.usefixtures("triton_chosen")
    def test_what_its_kernels_do_not_read_is_left_to_torch(self) -> None:
        packed, absmax = matrix(6, 128)
        x = torch.randn(2, 128, device=DEVICE)
        assert choice.takes(x, (packed, absmax))
        assert choice.takes(x.bfloat16(), (packed[None], absmax[None]))
        for refused in (x.double(), x[:0], x[:, :64], x.clone().requires_grad_()):
            assert not choice.takes(refused, (packed, absmax))
        for odd in (
            (packed[:, ::2], absmax[:, ::2]),
            (packed, absmax.half()),
            (packed[:3], absmax),
            (packed, absmax[:, :1]),
        ):
            assert not choice.reads(odd)

    @pytest.mark.usefixtures("triton_chosen")
    @pytest.mark.parametrize("tokens", [1, 12])
    def test_a_linear_layer_and_experts_are_its_work(self, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
        packed, absmax = matrix(70, 128)
        experts = PackedExperts(*matrix(4, 128, 128), *matrix(4, 128, 64))
        x, bias = torch.randn(tokens, 128, device=DEVICE), torch.randn(70, device=DEVICE)
        ids, weights = torch.tensor([[0, 3]] * tokens), torch.rand(tokens, 2, device=DEVICE)
        by_triton = nf4.linear(x, packed, absmax, bias), routed_experts(x, ids, weights, experts)
        monkeypatch.setattr(choice, "chosen", lambda device: GpuChoice(False, "this test"))
        by_others = nf4.linear(x, packed, absmax, bias), routed_experts(x, ids, weights, experts)
        for found, expected in zip(by_triton, by_others, strict=True):
            assert off_by(found, expected.double().cpu()) < EPSILON[torch.float32]


@pytest.mark.gpu
def test_torch_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLMV_KERNEL", "torch")
    assert choice.chosen(DEVICE) == GpuChoice(False, "GLMV_KERNEL=torch")
