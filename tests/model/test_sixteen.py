"""16-bit weights give what a float32 copy of them would."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glmv_cli.model import sixteen
from glmv_cli.model.sixteen import Conv16, Embedding16, Linear16

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
def test_convolution(stored: torch.dtype) -> None:
    ours = bound(Conv16(nn.Conv2d(6, 10, 2, stride=2)), stored, bias=torch.randn(10))
    x = torch.randn(3, 6, 4, 4)
    expected = nn.functional.conv2d(x, ours.get_parameter("weight").float(), ours.get_parameter("bias"), stride=2)
    torch.testing.assert_close(ours(x), expected)


@DTYPES
def test_embedding(stored: torch.dtype) -> None:
    ours = bound(Embedding16(20, 8, torch.float32), stored)
    ids = torch.tensor([[3, 19, 3]])
    assert torch.equal(ours(ids), ours.get_parameter("weight").float()[ids])


def test_input_in_the_type_of_the_weights_is_not_cast() -> None:
    ours = bound(Linear16(16, 30, bias=False), torch.bfloat16)
    assert ours(torch.randn(2, 16).bfloat16()).dtype == torch.bfloat16
