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
each_set = pytest.mark.parametrize("setting", SETS)
ALL = 1 << 40


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def product(x: torch.Tensor, weight: rows8.Rows8) -> torch.Tensor:
    """In float64."""
    return x.double() @ weight.numbers().double().T


def noise(x: torch.Tensor, weight: rows8.Rows8, part: float) -> torch.Tensor:
    """Five standard deviations of what rounding activations to a part of a span's largest does to a result."""
    rows, tokens = weight.numbers(), torch.nn.functional.pad(x, (0, -x.shape[-1] % 256)).unflatten(-1, (-1, 256))
    step = (tokens.abs().amax(-1, keepdim=True) + x.abs().amax() / 255) * part  # [T, S, 1]
    steps = step.expand_as(tokens).flatten(1)[:, : x.shape[-1]]  # [T, H]
    deviation = (steps.square() / 12 @ rows.square().T).sqrt()
    return torch.add(5 * deviation, x.abs() @ rows.abs().T, alpha=1e-6)


@each_set
@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 1), (67, 64), (3, 511), (130, 513), (2, 4096), (5, 13696), (2, 70001)]
)
@pytest.mark.parametrize("tokens", [1, 3])
def test_products_lose_no_more_than_activations_in_8_bits_do(
    setting: str, rows: int, columns: int, tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = rows8.quantize(random(rows, columns).bfloat16())
    x = random(tokens, columns, seed=1)
    found, expected = rows8.linear(x, weight, ALL), product(x, weight)
    assert ((found - expected).abs() <= noise(x, weight, 1 / 127)).all()


@each_set
def test_spans_with_an_outlier_are_rounded_to_16_bits(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = rows8.quantize(random(50, 1000).bfloat16())
    x = random(2, 1000, seed=1)
    x[:, ::250] = 1000.0  # one in each span
    found, expected = rows8.linear(x, weight, ALL), product(x, weight)
    assert ((found - expected).abs() <= noise(x, weight, 1 / 32512)).all()


@each_set
@pytest.mark.parametrize(("rows", "full"), [(2000, 100), (20000, 500)])
def test_lower_bits_count_for_the_largest_and_as_their_mean_for_the_others(
    setting: str, rows: int, full: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = rows8.quantize(random(rows, 700).bfloat16())
    x = torch.randint(-127, 128, (2, 700), generator=torch.Generator().manual_seed(1)).float()
    x[:, ::256] = 127  # so that nothing is lost when they are rounded
    upper = rows8.Rows8(weight.upper, torch.zeros_like(weight.lower), weight.multipliers, weight.scale, 700)
    mean = 1.5 * (weight.multipliers * weight.scale[:, None]).repeat_interleave(256, 1)[:, :700]
    by_six, by_eight = x.double() @ (upper.numbers() + mean).double().T, product(x, weight)
    found = rows8.linear(x, weight, full)
    in_full = (found - by_eight).abs() <= 1e-4 * by_eight.abs().max()
    assert (in_full | ((found - by_six).abs() <= 1e-4 * by_six.abs().max())).all()
    assert in_full.gather(-1, by_six.topk(full // 2).indices).all()  # a sample says which are the largest
    others = ~torch.zeros_like(in_full).scatter_(-1, by_six.topk(2 * full).indices, True)
    assert (in_full & others).sum() <= 0.05 * others.sum()  # those whose lower bits are their mean


@each_set
def test_the_largest_sums_do_not_overflow(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    for columns in (4096, 1 << 16):
        ones = torch.ones(2, columns)
        ones[1] = -1
        weight = rows8.quantize(ones)
        for token in (torch.full((1, columns), 3.0), torch.full((1, columns), -3.0)):
            found = rows8.linear(token, weight, ALL)
            torch.testing.assert_close(found, token[:, :1] * torch.tensor([[1.0, -1.0]]) * columns)


@pytest.mark.skipif(not SETS, reason="there is no library")
@given(st.integers(1, 700), st.sampled_from([0, 5, ALL]), st.integers(0, 1 << 30))
def test_all_instruction_sets_agree_to_the_last_bit(columns: int, full: int, seed: int) -> None:
    weight, x = random(9, columns, seed=seed).bfloat16(), random(2, columns, seed=seed + 1)
    x[1, 0] = 1000.0
    found = []
    for setting in SETS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(native.VARIABLE, setting)
            rows = rows8.quantize(weight)
            found.append((rows8.linear(x, rows, full), rows.upper, rows.lower, rows.multipliers, rows.scale))
    for other in found[1:]:
        assert all(map(torch.equal, other, found[0]))


@each_set
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_tokens_that_are_not_finite_give_no_numbers(setting: str, bad: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = rows8.quantize(random(70, 128))
    x = random(2, 128)
    x[1, 77] = bad
    found = rows8.linear(x, weight, 10)
    assert torch.isfinite(found[0]).all()
    assert not torch.isfinite(found[1]).any()


@each_set
def test_a_damaged_row_gives_no_number(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = random(70, 128)
    weight[33, 5] = float("nan")
    found = rows8.linear(random(1, 128, seed=1), rows8.quantize(weight.bfloat16()), 10)
    assert torch.isfinite(found).logical_not().nonzero().tolist() == [[0, 33]]


@each_set
def test_a_token_of_zeros_gives_zeros(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    assert not rows8.linear(torch.zeros(1, 300), rows8.quantize(random(70, 300)), 10).any()


@each_set
def test_threads_change_nothing(setting: str, monkeypatch: pytest.MonkeyPatch, threads: Callable[[int], None]) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, x = rows8.quantize(random(5000, 96)), random(1, 96, seed=1)
    threads(1)
    alone = rows8.linear(x, weight, 200)
    threads(3)
    assert rows8.linear(x, weight, 200).equal(alone)


@each_setting
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
@pytest.mark.parametrize(("rows", "columns"), [(1, 77), (255, 256), (600, 700)])
def test_rows_are_within_half_a_step(
    setting: str, dtype: torch.dtype, rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = (random(rows, columns) * random(rows, 1, seed=1) * 10).to(dtype)
    quantized = rows8.quantize(weight)
    steps = (quantized.multipliers * quantized.scale[:, None]).repeat_interleave(256, 1)[:, :columns]
    assert ((quantized.numbers() - weight).abs() <= 0.501 * steps).all()
    sizes = torch.nn.functional.pad(weight.float().abs(), (0, -columns % 256)).unflatten(-1, (-1, 256)).amax(-1)
    most = (quantized.multipliers * quantized.scale[:, None] * 127) / sizes  # what 8 bits can say of what there is
    assert ((most >= 0.999) & (most <= 1 + 1.01 * sizes.amax(-1, keepdim=True) / sizes / 255)).all()


@each_setting
def test_rows_of_zeros_stay_zero_and_damaged_rows_show(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight = torch.zeros(3, 64, dtype=torch.bfloat16)
    weight[1, 5] = float("nan")
    quantized = rows8.quantize(weight)
    assert not quantized.numbers()[[0, 2]].any()
    assert torch.isfinite(quantized.scale).tolist() == [True, False, True]


def test_a_large_matrix_in_huge_pages_is_like_any_other() -> None:
    weight = random(3000, 1024).bfloat16()
    large, small = rows8.quantize(weight), rows8.quantize(weight[:10])
    assert large.numbers(slice(10)).equal(small.numbers())


@each_setting
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize(("tokens", "rows", "count"), [(1, 3000, 64), (3, 65, 64), (2, 10, 64), (1, 100, 1)])
def test_the_largest_are_replaced_by_exact_products(
    setting: str, dtype: torch.dtype, tokens: int, rows: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, x = random(rows, 131).to(dtype), random(tokens, 131, seed=1)
    before = random(tokens, rows, seed=2)
    found = before.clone()
    rows8.recompute_largest(found, x, weight, count)
    best = torch.zeros_like(before, dtype=torch.bool).scatter_(-1, before.topk(min(count, rows)).indices, True)
    torch.testing.assert_close(found, torch.where(best, x @ weight.float().T, before), rtol=1e-5, atol=1e-4)


@each_set
@pytest.mark.parametrize("place", [0, 19, 63])
def test_what_is_no_number_keeps_no_number_from_being_replaced(
    setting: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    weight, x, before = random(3000, 64).bfloat16(), random(1, 64, seed=1), random(1, 3000, seed=2)
    before[0, place] = torch.nan
    found = before.clone()
    rows8.recompute_largest(found, x, weight, 20)
    best = before.nan_to_num(-9.0).topk(20).indices
    torch.testing.assert_close(found.gather(-1, best), (x @ weight.float().T).gather(-1, best), rtol=1e-5, atol=1e-4)
    assert found[0, place].isnan()


def test_what_has_gradients_or_lies_apart_is_left_to_torch() -> None:
    assert not simd.takes(torch.ones(3, requires_grad=True))
    assert not simd.takes(torch.ones(3, dtype=torch.float64))
    assert not simd.takes(torch.ones(3, 3).T[1:])
