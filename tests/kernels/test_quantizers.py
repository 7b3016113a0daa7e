"""Every quantizer of the C library makes the bytes that torch makes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels import library, native, nf4, nf4_search, quantizers

LOADED = library.load()
QUANTIZERS = () if isinstance(LOADED, str) else quantizers.available(LOADED)
pytestmark = pytest.mark.skipif(not QUANTIZERS, reason="the C library is not there")
TYPES = (torch.float32, torch.float16, torch.bfloat16)


def by_torch(blocks: torch.Tensor, search: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[torch.Tensor, torch.Tensor]:
    with monkeypatch.context() as patch:
        patch.setenv(native.VARIABLE, "torch")
        return nf4_search.quantize(blocks) if search else nf4.quantize(blocks)


def same(ours: tuple[torch.Tensor, torch.Tensor], theirs: tuple[torch.Tensor, torch.Tensor]) -> bool:
    """In every bit, the signs of zeros and all."""
    (packed, scales), (packed_too, scales_too) = ours, theirs
    bits = scales.flatten().view(torch.int32), scales_too.flatten().view(torch.int32)
    return torch.equal(packed.flatten(), packed_too.flatten()) and torch.equal(*bits)


def unusual_blocks() -> torch.Tensor:
    """``[blocks, 64]``: boundaries between codes, zeros, subnormal numbers, outliers, huge and tiny ones."""
    generator = torch.Generator().manual_seed(1)
    code = torch.tensor(nf4.NF4_CODE)
    middles = (code[1:] + code[:-1]) / 2
    steps = [middles, middles.nextafter(torch.tensor(-9.0)), middles.nextafter(torch.tensor(9.0)), code, -code]
    near = torch.cat([*steps, torch.tensor([0.0, -0.0, 1.0])])  # one of them is the largest, so that nothing is scaled
    normal = torch.randn(40, 64, generator=generator)
    outliers = normal.clone()
    outliers[:, 3] *= 1000
    sizes = 10.0 ** torch.randint(-44, 37, (40, 1), generator=generator)
    padded = torch.zeros(128)
    padded[: len(near)] = near
    padded[64] = 1.0
    return torch.cat(
        [normal, outliers, normal * sizes, padded.view(2, 64), torch.zeros(2, 64), torch.full((1, 64), -0.0)]
    )


@pytest.mark.parametrize("search", [False, True], ids=["nearest", "search"])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=lambda q: q.instructions)
def test_unusual_blocks_get_the_bytes_of_torch(
    quantizer: quantizers.Quantizer, dtype: torch.dtype, search: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = unusual_blocks()
    blocks = blocks.clamp(-6e4, 6e4).to(dtype) if dtype == torch.float16 else blocks.to(dtype)
    ours = quantizers.quantize(quantizer, nf4.NF4_CODE, blocks, search=search)
    assert same(ours, by_torch(blocks, search, monkeypatch))


@given(st.integers(0, 2**32), st.sampled_from(TYPES), st.booleans(), st.sampled_from([0.3, 1.0, 5.0]))
def test_any_weights_get_the_bytes_of_torch(seed: int, dtype: torch.dtype, search: bool, power: float) -> None:
    blocks = torch.randn(24, 64, generator=torch.Generator().manual_seed(seed))
    blocks = (blocks.sign() * blocks.abs() ** power).to(dtype)
    with pytest.MonkeyPatch.context() as patch:
        theirs = by_torch(blocks, search, patch)
    for quantizer in QUANTIZERS:
        assert same(quantizers.quantize(quantizer, nf4.NF4_CODE, blocks, search=search), theirs), quantizer


@pytest.mark.parametrize("search", [False, True], ids=["nearest", "search"])
@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=lambda q: q.instructions)
def test_threads_change_nothing(quantizer: quantizers.Quantizer, search: bool) -> None:
    blocks = torch.randn(4100, 64, generator=torch.Generator().manual_seed(2)).bfloat16()
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3, 4):
            torch.set_num_threads(threads)
            results.append(quantizers.quantize(quantizer, nf4.NF4_CODE, blocks, search=search))
    finally:
        torch.set_num_threads(before)
    assert all(same(result, results[0]) for result in results)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=lambda q: q.instructions)
def test_an_element_that_is_not_finite_is_refused_wherever_it_is(
    quantizer: quantizers.Quantizer, dtype: torch.dtype, bad: float
) -> None:
    for place in (0, 17, 63, 64 * 2500 + 40):
        blocks = torch.ones(2600, 64, dtype=dtype)
        blocks.view(-1)[place] = bad
        for search in (False, True):
            with pytest.raises(ValueError, match="not finite"):
                quantizers.quantize(quantizer, nf4.NF4_CODE, blocks, search=search)


def test_weights_in_steps_and_in_float64_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.randn(8, 256, generator=torch.Generator().manual_seed(3)).double()
    assert same(nf4.quantize(weight), by_torch(weight, False, monkeypatch))
    assert same(nf4.quantize(weight[:, ::2]), by_torch(weight[:, ::2], False, monkeypatch))


def test_nothing_is_nothing() -> None:
    packed, scales = nf4.quantize(torch.empty(0, 128, dtype=torch.bfloat16))
    assert (packed.shape, scales.shape) == ((0, 64), (0, 2))


def test_the_quantizer_goes_with_the_kernel_that_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    for quantizer in QUANTIZERS:
        monkeypatch.setenv(native.VARIABLE, f"exact:{quantizer.instructions}")
        assert quantizers.chosen() == quantizer
    monkeypatch.setenv(native.VARIABLE, "torch")
    assert quantizers.chosen() is None
