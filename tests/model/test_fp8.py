"""What the configs of FP8 checkpoints say, and what their scales make of the weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import ModelError
from glmv_cli.model import fp8


def compressed(**weights: Any) -> dict[str, Any]:
    group = {"targets": ["Linear"], "weights": {"type": "float", "num_bits": 8} | weights}
    return {
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "format": "float-quantized",
            "config_groups": {"group_0": group},
        }
    }


@pytest.mark.parametrize(
    ("config", "block"),
    [
        ({}, None),
        (compressed(strategy="channel", block_structure=None), None),
        (compressed(strategy="tensor"), None),
        (compressed(strategy="block", block_structure=[128, 64]), (128, 64)),
        (compressed(strategy="block", block_structure="128x128"), (128, 128)),
        ({"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}, (128, 128)),
        ({"quantization_config": {"quant_method": "fp8", "activation_scheme": "static"}}, None),
    ],
)
def test_blocks_are_read_from_the_config(config: dict[str, Any], block: fp8.Block | None) -> None:
    assert fp8.block_of_config(config, "m") == block


@pytest.mark.parametrize(
    "config",
    [
        compressed(strategy="group", group_size=128),
        compressed(strategy="channel", num_bits=4),
        compressed(strategy="block", block_structure=[0, 128]),
        compressed(strategy="block", block_structure="big"),
        {"quantization_config": {"quant_method": "awq"}},
    ],
)
def test_what_cannot_be_read_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        fp8.block_of_config(config, "m")
    assert caught.value.hint is not None
    assert "FP8" in caught.value.hint


@pytest.mark.parametrize(
    ("scale", "block", "expected"),
    [
        ((), None, "whole"),
        ((1,), None, "whole"),
        ((300, 1), None, "row"),
        ((300,), None, "row"),
        ((3, 2), (128, 128), (128, 128)),
        ((3, 2), None, None),
        ((2, 3), (128, 128), None),
        ((300, 2), (128, 128), None),
    ],
)
def test_scales_fit_by_their_shape(
    scale: tuple[int, ...], block: fp8.Block | None, expected: str | fp8.Block | None
) -> None:
    found = fp8.block_of_scale((300, 256), scale, block)
    if isinstance(expected, str):
        assert found is not None
        assert (found[0] == 1, found[1] > 256) == (expected == "row", True)
    else:
        assert found == expected


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 16), st.integers(1, 16), st.data())
def test_rows_get_the_scales_of_their_blocks(
    rows: int, columns: int, high: int, wide: int, data: st.DataObject
) -> None:
    generator = torch.Generator().manual_seed(rows * 41 + columns)
    weight = torch.randn(rows, columns, generator=generator).to(torch.float8_e4m3fn)
    scale = torch.rand(-(-rows // high), -(-columns // wide), generator=generator)
    first = data.draw(st.integers(0, rows - 1))
    found = fp8.dequantize(weight[first:], scale, (high, wide), first)
    for row in range(first, rows):
        for column in (0, columns // 2, columns - 1):
            expected = weight[row, column].float() * scale[row // high, column // wide]
            assert found[row - first, column] == expected
