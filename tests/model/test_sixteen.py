"""16-bit weights give what a float32 copy of them would."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glmv_cli.model import sixteen
from glmv_cli.model.sixteen import Conv16, Embedding16, Linear16, RoundingNorm

DTYPES = pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16, torch.float32], ids=str)


def bound(module: nn.Module, stored: torch.dtype, **biases: torch.Tensor) -> nn.Module:
    """With random weights, as a loader would bind them: biases are in float32 already."""
    weight = torch.randn(module.get_parameter("weight").shape).to(stored)
    module.load_state_dict({"weight": weight, **biases}, assign=True)
    return module


@DTYPES
@pytest.mark.parametrize("cast_at_a_time", [1, 100, 1 << 21])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(stored: torch.dtype, cast_at_a_time: int, bias: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sixteen, "_CAST_ELEMENTS", cast_at_a_time)
    biases = {"bias": torch.randn(30)} if bias else {}
    ours = bound(Linear16(16, 30, bias), stored, **biases)
    x = torch.randn(2, 5, 16)
    expected = nn.functional.linear(x, ours.get_parameter("weight").float(), biases.get("bias"))
    torch.testing.assert_close(ours(x), expected)


@DTYPES
@pytest.mark.parametrize("like", [nn.Conv2d(6, 10, 2, stride=2), nn.Conv3d(3, 10, (2, 4, 4))], ids=["2-D", "3-D"])
def test_convolution_of_what_is_as_large_as_its_kernel(stored: torch.dtype, like: nn.Conv2d | nn.Conv3d) -> None:
    ours = bound(Conv16(like), stored, bias=torch.randn(10))
    x = torch.randn(7, *like.weight.shape[1:])
    exact = type(like)(like.in_channels, 10, like.kernel_size)  # type: ignore[arg-type]
    exact.load_state_dict({"weight": ours.get_parameter("weight").float(), "bias": ours.get_parameter("bias")})
    torch.testing.assert_close(ours(x), exact(x).flatten(1))


@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16], ids=str)
def test_rounded_products_come_back_in_the_type_of_the_input(stored: torch.dtype) -> None:
    ours = bound(Linear16(64, 30, True, torch.bfloat16), stored, bias=torch.randn(30))
    x = torch.randn(5, 64)
    exact = nn.functional.linear(x, ours.get_parameter("weight").float(), ours.get_parameter("bias"))
    assert ours(x).dtype == torch.float32
    assert (ours(x) - exact).norm() < 0.01 * exact.norm()
    assert ours(x.bfloat16()).dtype == torch.bfloat16


def test_a_norm_computes_exactly_and_rounds_its_result() -> None:
    norm = RoundingNorm(32, 1e-5, torch.bfloat16)
    norm.load_state_dict({"weight": torch.rand(32) + 0.5}, assign=True)
    x = torch.randn(4, 32)
    exact = x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * norm.weight
    assert norm(x).dtype == torch.bfloat16
    assert (norm(x) - exact).abs().max() <= 2**-8 * exact.abs().max()


@DTYPES
def test_embedding(stored: torch.dtype) -> None:
    ours = bound(Embedding16(20, 8, torch.float32), stored)
    ids = torch.tensor([[3, 19, 3]])
    assert torch.equal(ours(ids), ours.get_parameter("weight").float()[ids])


def test_input_in_the_type_of_the_weights_is_not_cast() -> None:
    ours = bound(Linear16(16, 30, bias=False), torch.bfloat16)
    assert ours(torch.randn(2, 16).bfloat16()).dtype == torch.bfloat16
