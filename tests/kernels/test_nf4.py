"""Our codec agrees with bitsandbytes byte by byte; products agree with dense ones."""

from __future__ import annotations

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit, quantize_4bit
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels import nf4

WEIGHTS = {
    "normal": torch.randn(96, 192, generator=torch.Generator().manual_seed(1)),
    "tiny": torch.randn(7, 64, generator=torch.Generator().manual_seed(2)) * 1e-6,
    "huge": torch.randn(3, 128, generator=torch.Generator().manual_seed(3)) * 1e30,
    "near the largest": torch.randn(3, 128, generator=torch.Generator().manual_seed(4)).clamp(-3, 3) * 1e38,
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


@given(st.integers(0, 2**32), st.sampled_from([torch.float32, torch.bfloat16, torch.float16]))
def test_any_weight_gets_the_bytes_of_bitsandbytes(seed: int, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = (torch.rand(9, 128, generator=generator) * 2 - 1).to(dtype)
    packed, _ = nf4.quantize(weight)
    theirs, _ = quantize_4bit(weight.float(), blocksize=nf4.BLOCK_SIZE, quant_type="nf4")
    assert torch.equal(packed.flatten(), theirs.flatten())


def test_numbers_beside_a_boundary_go_to_the_right_side() -> None:
    code = torch.tensor(nf4.NF4_CODE)
    middles = (code[1:] + code[:-1]) / 2
    around = [middles, middles.nextafter(torch.tensor(-9.0)), middles.nextafter(torch.tensor(9.0))]
    numbers = torch.cat([*around, torch.tensor([-1.0, 1.0, -1.0000001, 1.0000001, 1e-30, -1e-30, 0.0])])
    assert nf4.nearest(numbers).tolist() == torch.bucketize(numbers, middles).tolist()


def test_a_weight_longer_than_a_chunk_is_quantized_like_its_parts() -> None:
    weight = torch.randn(nf4.CHUNK // 64 + 3, 128, generator=torch.Generator().manual_seed(5))
    packed, absmax = nf4.quantize(weight)
    for rows in (slice(0, 2), slice(nf4.CHUNK // 128 - 1, nf4.CHUNK // 128 + 1), slice(-2, None)):
        part, scales = nf4.quantize(weight[rows])
        assert torch.equal(packed[rows], part)
        assert torch.equal(absmax[rows], scales)


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
