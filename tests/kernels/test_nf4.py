"""Our codec agrees with bitsandbytes byte by byte; products agree with dense ones."""

from __future__ import annotations

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit, quantize_4bit

from glmv_cli.kernels import nf4

WEIGHTS = {
    "normal": torch.randn(96, 192, generator=torch.Generator().manual_seed(1)),
    "tiny": torch.randn(7, 64, generator=torch.Generator().manual_seed(2)) * 1e-6,
    "huge": torch.randn(3, 128, generator=torch.Generator().manual_seed(3)) * 1e30,
    "zeros": torch.zeros(4, 64),
    "one outlier": torch.cat([torch.full((1, 63), 1e-4), torch.tensor([[50.0]])], dim=1),
    "on the code": torch.tensor(nf4.NF4_CODE).repeat(4)[None] * 3,
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_bytes_and_scales_are_those_of_bitsandbytes(name: str) -> None:
    weight = WEIGHTS[name]
    packed, absmax = nf4.quantize(weight)
    theirs, state = quantize_4bit(weight, blocksize=nf4.BLOCK_SIZE, quant_type="nf4")
    assert torch.equal(packed.flatten(), theirs.flatten())
    assert torch.equal(absmax.flatten(), state.absmax)
    assert torch.equal(nf4.dequantize(packed, absmax), dequantize_4bit(theirs, state))


def test_the_code_is_that_of_bitsandbytes() -> None:
    _, state = quantize_4bit(torch.ones(1, 64), blocksize=64, quant_type="nf4")
    assert torch.equal(torch.tensor(nf4.NF4_CODE), state.code)


def test_experts_are_packed_like_separate_matrices() -> None:
    fused = torch.randn(3, 10, 128)
    packed, absmax = nf4.quantize(fused)
    for expert in range(3):
        one, scales = nf4.quantize(fused[expert])
        assert torch.equal(packed[expert], one)
        assert torch.equal(absmax[expert], scales)


def test_a_width_that_is_no_multiple_of_the_block_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 64"):
        nf4.quantize(torch.ones(2, 96))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(bad: float) -> None:
    weight = torch.ones(2, 64)
    weight[1, 5] = bad
    with pytest.raises(ValueError, match="not finite"):
        nf4.quantize(weight)


def test_linear_equals_the_dense_product() -> None:
    x, bias = torch.randn(2, 5, 192), torch.randn(96)
    packed, absmax = nf4.quantize(WEIGHTS["normal"])
    dense = nf4.dequantize(packed, absmax)
    torch.testing.assert_close(nf4.linear(x, packed, absmax, bias), x @ dense.T + bias, rtol=1e-5, atol=1e-5)
