"""8-bit rows: against float64, with every instruction set, and without the library."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels import native, rows8, simd
from tests.kernels.settings import SETS, SETTINGS

each_setting = pytest.mark.parametrize("setting", SETTINGS)


def product(x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """In float64."""
    return x.double() @ (weight.double() * scale.double()[:, None]).T


def matrix(rows: int, columns: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randint(-127, 128, (rows, columns), generator=generator, dtype=torch.int8)
    return weight, torch.rand(rows, generator=generator) + 0.1


@each_setting
@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 1), (67, 64), (3, 511), (130, 513), (2, 4096), (5, 13696), (2, 70001)]
)
@pytest.mark.parametrize("tokens", [1, 3])
def test_products_lose_no_more_than_16_bits_do(
    setting: str, rows: int, columns: int, tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, scale = matrix(rows, columns)
    x = torch.randn(tokens, columns, generator=torch.Generator().manual_seed(1))
    found, expected = rows8.linear(x, weight, scale), product(x, weight, scale)
    step = x.double().abs().amax(-1, keepdim=True) / 32767
    noise = 4 * step * scale * 73 * columns**0.5 + 1e-5 * expected.abs().max()  # 73: of int8, in the mean square
    assert ((found - expected).abs() <= noise).all()


@each_setting
def test_the_largest_sums_do_not_overflow(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    for columns in (4096, 1 << 16):
        weight = torch.full((2, columns), 127, dtype=torch.int8)
        weight[1] = -127
        found = rows8.linear(torch.full((1, columns), 3.0), weight, torch.ones(2))
        torch.testing.assert_close(found, torch.tensor([[1.0, -1.0]]) * 127 * 3 * columns)


@pytest.mark.skipif(not SETS, reason="there is no library")
@given(st.integers(1, 700), st.integers(0, 1 << 30))
def test_all_instruction_sets_agree_to_the_last_bit(columns: int, seed: int) -> None:
    weight, scale = matrix(9, columns, seed)
    x = torch.randn(2, columns, generator=torch.Generator().manual_seed(seed))
    found = []
    for setting in SETS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(native.VARIABLE, setting)
            found.append((rows8.linear(x, weight, scale), *rows8.quantize(x.bfloat16())))
    for other in found[1:]:
        assert all(map(torch.equal, other, found[0]))


@each_setting
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_tokens_that_are_not_finite_give_no_numbers(setting: str, bad: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, scale = matrix(70, 128)
    x = torch.randn(2, 128)
    x[1, 77] = bad
    found = rows8.linear(x, weight, scale)
    assert torch.isfinite(found[0]).all()
    assert not torch.isfinite(found[1]).any()


@each_setting
def test_threads_change_nothing(setting: str, monkeypatch: pytest.MonkeyPatch, threads: Callable[[int], None]) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, scale = matrix(5000, 96)
    x = torch.randn(1, 96)
    threads(1)
    alone = rows8.linear(x, weight, scale)
    threads(3)
    torch.testing.assert_close(rows8.linear(x, weight, scale), alone, rtol=0 if setting != "torch" else 1e-5, atol=1e-4)


@each_setting
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
@pytest.mark.parametrize("rows", [1, 255, 600])
def test_rows_are_within_half_a_step(
    setting: str, dtype: torch.dtype, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = (torch.randn(rows, 77) * torch.rand(rows, 1) * 10).to(dtype)
    quantized, scale = rows8.quantize(weight)
    assert quantized.abs().amax(-1).min() == 127
    assert ((quantized * scale[:, None] - weight).abs() <= 0.501 * scale[:, None]).all()


@each_setting
def test_rows_of_zeros_stay_zero_and_damaged_rows_show(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = torch.zeros(3, 64, dtype=torch.bfloat16)
    weight[1, 5] = float("nan")
    quantized, scale = rows8.quantize(weight)
    assert not quantized[[0, 2]].any()
    assert torch.isfinite(scale).tolist() == [True, False, True]


def test_a_large_matrix_in_huge_pages_is_like_any_other() -> None:
    weight = torch.randn(3000, 1024).bfloat16()
    quantized, scale = rows8.quantize(weight)
    assert quantized.shape == weight.shape
    assert ((quantized * scale[:, None] - weight).abs() <= 0.501 * scale[:, None]).all()


def test_what_has_gradients_or_lies_apart_is_left_to_torch() -> None:
    assert not simd.takes(torch.ones(3, requires_grad=True))
    assert not simd.takes(torch.ones(3, dtype=torch.float64))
    assert not simd.takes(torch.ones(3, 3).T[1:])
