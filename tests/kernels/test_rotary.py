"""Rotary positions: those of transformers, in both layouts."""

from __future__ import annotations

import pytest
import torch
from transformers.models.glm4v.modeling_glm4v import apply_rotary_pos_emb as by_pairs
from transformers.models.glm4v_moe.modeling_glm4v_moe import apply_rotary_pos_emb as by_halves

from glmv_cli.kernels import native
from glmv_cli.kernels.rotary import rotate
from tests.kernels.settings import SETTINGS


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("pairs", [False, True], ids=["halves", "pairs"])
@pytest.mark.parametrize("tokens", [1, 5, 300])
@pytest.mark.parametrize("rotated", [16, 32])
@pytest.mark.parametrize("batch", [1, 2])
def test_as_transformers(
    setting: str, pairs: bool, tokens: int, rotated: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    q, k = torch.randn(batch, tokens, 6, 32), torch.randn(batch, tokens, 2, 32)
    angles = torch.randn(batch, tokens, rotated // 2)
    angles = angles.repeat_interleave(2, dim=-1) if pairs else torch.cat((angles, angles), dim=-1)
    expected = (by_pairs if pairs else by_halves)(q, k, angles.cos(), angles.sin(), unsqueeze_dim=2)
    for x, turned in zip((q, k), expected, strict=True):
        torch.testing.assert_close(rotate(x.clone(), angles.cos(), angles.sin(), pairs), turned)


@pytest.mark.parametrize("setting", SETTINGS)
def test_angles_may_lie_transposed(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    x, angles = torch.randn(1, 9, 4, 32), torch.randn(1, 16, 9).transpose(1, 2)
    expected = rotate(x.clone(), angles.contiguous().cos(), angles.contiguous().sin(), True)
    torch.testing.assert_close(rotate(x.clone(), angles.cos(), angles.sin(), True), expected)
