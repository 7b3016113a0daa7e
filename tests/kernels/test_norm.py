"""Norms: those of torch, whoever computes them."""

from __future__ import annotations

import pytest
import torch

from glmv_cli.kernels import native
from glmv_cli.kernels.norm import rms_norm
from tests.kernels.settings import SETTINGS


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("shape", [(1, 1, 4096), (3, 71), (1, 2, 5, 64), (17, 4096), (300, 512), (2, 1)])
@pytest.mark.parametrize("eps", [1e-5, 1.0])
def test_as_in_float64(setting: str, shape: tuple[int, ...], eps: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    x, weight = torch.randn(shape) * 1e-2, torch.randn(shape[-1])
    wide = x.double()
    expected = wide / (wide.square().mean(-1, keepdim=True) + eps).sqrt() * weight
    torch.testing.assert_close(rms_norm(x, weight, eps), expected.float())


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_no_number_makes_its_row_none(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    x = torch.ones(3, 128)
    x[1, 70] = torch.nan
    assert rms_norm(x, torch.ones(128), 1e-5).isnan().all(-1).tolist() == [False, True, False]


def test_16_bit_and_rows_apart_are_torchs() -> None:
    x, weight = torch.randn(4, 256), torch.randn(128)
    torch.testing.assert_close(rms_norm(x[:, :128], weight, 1e-5), rms_norm(x[:, :128].contiguous(), weight, 1e-5))
    half = rms_norm(x[:, :128].bfloat16(), weight.bfloat16(), 1e-5)
    assert half.dtype == torch.bfloat16
