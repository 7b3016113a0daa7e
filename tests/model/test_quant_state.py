"""What is said about a packed weight is what bitsandbytes says, and what it says is understood."""

from __future__ import annotations

import pytest
import torch
from bitsandbytes.functional import quantize_4bit

from glmv_cli.layout import QUANT_MAP, QUANT_STATE
from glmv_cli.model.quant_state import described, difference

SHAPE = (6, 128)


def test_it_is_what_bitsandbytes_writes() -> None:
    _, state = quantize_4bit(torch.randn(SHAPE, dtype=torch.bfloat16), quant_type="nf4", blocksize=64)
    theirs = {suffix: tensor.numpy().tobytes() for suffix, tensor in state.as_dict(packed=True).items()}
    ours = described(SHAPE, "bfloat16")
    assert {suffix: theirs[suffix] for suffix in ours} == ours
    assert difference(theirs[QUANT_MAP], theirs[QUANT_STATE], SHAPE) is None


def test_other_blocks_and_other_values_are_found() -> None:
    _, state = quantize_4bit(torch.randn(SHAPE), quant_type="nf4", blocksize=128)
    theirs = {suffix: tensor.numpy().tobytes() for suffix, tensor in state.as_dict(packed=True).items()}
    assert difference(theirs[QUANT_MAP], theirs[QUANT_STATE], SHAPE) == "'blocksize' is 128, not 64"
    ours = described(SHAPE, "float32")
    assert difference(ours[QUANT_MAP], ours[QUANT_STATE], SHAPE[::-1]) == "'shape' is [6, 128], not [128, 6]"
    assert difference(bytes(64), ours[QUANT_STATE], SHAPE) == "its quant_map is not that of NF4"


@pytest.mark.parametrize("state", [b"", b"\0\0", b"\xff", b"[1]", b"{"])
def test_what_makes_no_sense_is_found(state: bytes) -> None:
    assert difference(described(SHAPE, "float32")[QUANT_MAP], state, SHAPE) == f"its {QUANT_STATE} cannot be read"
