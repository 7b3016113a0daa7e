"""Searched scales: the same format, a smaller error."""

from __future__ import annotations

import pytest
import torch
from bitsandbytes.functional import QuantState, dequantize_4bit
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels import nf4, nf4_search


def squared_errors(weight: torch.Tensor, packed: torch.Tensor, absmax: torch.Tensor) -> torch.Tensor:
    """By block."""
    return (weight - nf4.dequantize(packed, absmax)).double().square().reshape(-1, 64).sum(-1)


def test_the_error_of_normal_weights_falls_by_an_eighth() -> None:
    weight = torch.randn(512, 512, generator=torch.Generator().manual_seed(1)) * 0.02
    nearest = squared_errors(weight, *nf4.quantize(weight)).sum()
    searched = squared_errors(weight, *nf4_search.quantize(weight)).sum()
    assert searched < 0.875 * nearest


@given(st.integers(0, 2**32), st.sampled_from([1e-30, 1e-3, 1.0, 1e30]), st.sampled_from([0.5, 1.0, 4.0]))
def test_no_block_gets_worse(seed: int, size: float, power: float) -> None:
    weight = torch.randn(8, 128, generator=torch.Generator().manual_seed(seed))
    weight = weight.sign() * weight.abs() ** power
    nearest = squared_errors(weight, *nf4.quantize(weight))
    packed, absmax = nf4_search.quantize(weight * size)
    searched = squared_errors(weight, packed, absmax / size)
    assert (searched <= nearest * (1 + 1e-5) + 1e-12).all()


def test_what_the_code_can_say_exactly_stays_exact() -> None:
    weight = torch.tensor(nf4.NF4_CODE).repeat(8)[None] * torch.tensor([[0.25], [3.0]])
    assert torch.equal(nf4.dequantize(*nf4_search.quantize(weight)), weight)


def test_zeros_stay_zeros() -> None:
    packed, absmax = nf4_search.quantize(torch.zeros(3, 128))
    assert torch.equal(nf4.dequantize(packed, absmax), torch.zeros(3, 128))


def test_bitsandbytes_reads_the_result() -> None:
    weight = torch.randn(16, 128, generator=torch.Generator().manual_seed(2))
    packed, absmax = nf4_search.quantize(weight)
    state = QuantState(
        absmax=absmax.flatten(),
        shape=weight.shape,
        code=torch.tensor(nf4.NF4_CODE),
        blocksize=64,
        quant_type="nf4",
        dtype=torch.float32,
    )
    assert torch.equal(dequantize_4bit(packed.reshape(-1, 1), state), nf4.dequantize(packed, absmax))


def test_experts_and_half_precision_are_taken_as_nearest_rounding_takes_them() -> None:
    weight = torch.randn(3, 10, 128, generator=torch.Generator().manual_seed(3)).bfloat16()
    packed, absmax = nf4_search.quantize(weight)
    assert (packed.shape, absmax.shape) == ((3, 10, 64), (3, 10, 2))
    alone, scales = nf4_search.quantize(weight[1].float())
    assert torch.equal(packed[1], alone)
    assert torch.equal(absmax[1], scales)


@pytest.mark.parametrize("bad", [torch.ones(2, 96), torch.full((1, 64), float("nan"))])
def test_weights_that_do_not_fit_are_refused(bad: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"multiple of 64|not finite"):
        nf4_search.quantize(bad)
