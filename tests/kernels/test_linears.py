"""Several products in one call: the same as one by one, and near float64."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from glmv_cli.kernels import native, nf4
from glmv_cli.kernels.linears import Weights, linears, mlp
from tests.kernels.settings import SETTINGS

each_setting = pytest.mark.parametrize("setting", SETTINGS)


def weights(rows: int, columns: int, *, bias: bool = False) -> Weights:
    generator = torch.Generator().manual_seed(rows)
    packed, absmax = nf4.quantize(torch.randn(rows, columns, generator=generator) / columns**0.5)
    return Weights(packed, absmax, torch.randn(rows, generator=generator) if bias else None)


def product(x: torch.Tensor, matrix: Weights) -> torch.Tensor:
    """In float64."""
    out = x.double() @ nf4.dequantize(matrix.packed, matrix.absmax).double().T
    return out if matrix.bias is None else out + matrix.bias


@each_setting
@pytest.mark.parametrize("tokens", [1, 3, 9, 40])
def test_matrices_with_the_same_input(setting: str, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    matrices = [weights(200, 128, bias=True), weights(1, 128), weights(67, 128, bias=True)]
    x = torch.randn(1, tokens, 128)
    for found, matrix in zip(linears(x, matrices), matrices, strict=True):
        assert found.shape == (1, tokens, len(matrix.packed))
        torch.testing.assert_close(found.double(), product(x, matrix), rtol=1e-5, atol=1e-5)


@each_setting
@pytest.mark.parametrize("tokens", [1, 9, 40])
@pytest.mark.parametrize("inner", [64, 320])
def test_an_mlp(setting: str, tokens: int, inner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    both, down = weights(2 * inner, 192), weights(192, inner)
    x = torch.randn(tokens, 192)
    gate, up = product(x, both).chunk(2, dim=-1)
    expected = product(F.silu(gate) * up, down)
    torch.testing.assert_close(mlp(x, *both.halves(), down).double(), expected, rtol=1e-5, atol=1e-5)


@each_setting
def test_threads_change_nothing(setting: str, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    both, down, x = weights(640, 192), weights(192, 320), torch.randn(2, 192)
    threads(1)
    alone = *linears(x, (both, both)), mlp(x, *both.halves(), down)
    threads(3)
    again = *linears(x, (both, both)), mlp(x, *both.halves(), down)
    exact = 0 if setting != "torch" else 1e-5
    torch.testing.assert_close(again, alone, rtol=exact, atol=exact)


@each_setting
def test_what_is_no_number_stays_none(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    both, down, x = weights(128, 64), weights(64, 64), torch.randn(2, 64)
    x[1, 3] = float("nan")
    found = mlp(x, *both.halves(), down)
    assert torch.isfinite(found[0]).all()
    assert found[1].isnan().all()
