"""Checkpoints in FP8: one byte a weight, and a scale for each tensor, each row, or each block.

The weight is ``byte as F8_E4M3 · scale``, also where the scale's name ends in ``_inv``. Sources: compressed-tensors'
``float-quantized`` format, and the fine-grained FP8 of transformers (``quant_method: fp8``), which is DeepSeek-V3's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from glmv_cli.errors import ModelError

DTYPE = "F8_E4M3"
SUPPORTED = (
    "glmv quantizes checkpoints in bfloat16, float16 and float32, and FP8 ones of compressed-tensors "
    "(float-quantized) or with weight_block_size"
)
_FORMATS = ("float-quantized", "naive-quantized", "mixed-precision", None)
_WHOLE = 2**62

Block = tuple[int, int]
"""Rows and columns that share a scale."""


def block_of_config(config: Mapping[str, Any], name: str) -> Block | None:
    """The blocks of an FP8 checkpoint, where it has blocks; None if it has not, and for one that is not quantized.

    Raises :class:`ModelError` if the model called ``name`` is quantized in another way.
    """
    quantization = config.get("quantization_config") or config.get("compression_config")
    if quantization is None:
        return None
    if not isinstance(quantization, Mapping):
        raise ModelError(f"{name}: 'quantization_config' in config.json is not an object", SUPPORTED)
    method = quantization.get("quant_method")
    if method == "fp8" and str(quantization.get("fmt", "e4m3")).startswith("e4m3"):
        return _block(quantization.get("weight_block_size"), name)
    if method != "compressed-tensors" or quantization.get("format") not in _FORMATS:
        if method == "bitsandbytes":
            raise ModelError(f"{name} is in 4 bits already", f"if glmv made it, use it as it is, with -m; {SUPPORTED}")
        what = method if method != "compressed-tensors" else f"{method}, {quantization.get('format')}"
        raise ModelError(f"{name} is already quantized in a way that cannot be read ({what})", SUPPORTED)
    blocks = {_block_of_group(group, name) for group in _groups(quantization)} - {None}
    if len(blocks) > 1:
        raise ModelError(f"{name} is quantized with blocks of several sizes", SUPPORTED)
    return blocks.pop() if blocks else None


def _groups(quantization: Mapping[str, Any]) -> list[Any]:
    groups = quantization.get("config_groups")
    return list(groups.values()) if isinstance(groups, Mapping) else []


def _block_of_group(group: Any, name: str) -> Block | None:
    weights = group.get("weights") if isinstance(group, Mapping) else None
    if not isinstance(weights, Mapping):
        return None
    kind = (weights.get("type"), weights.get("num_bits"), weights.get("strategy"))
    if kind[:2] != ("float", 8) or kind[2] not in ("tensor", "channel", "block"):
        what = " ".join(str(part) for part in kind)
        raise ModelError(f"{name} is already quantized in a way that cannot be read ({what})", SUPPORTED)
    return _block(weights.get("block_structure"), name) if kind[2] == "block" else None


def _block(value: Any, name: str) -> Block | None:
    """``[128, 128]``, or ``"128x128"`` as older versions write it."""
    if value is None:
        return None
    sides = re.findall(r"\d+", value) if isinstance(value, str) else value
    if not isinstance(sides, list) or len(sides) != 2 or not all(str(side).isdecimal() and int(side) for side in sides):
        raise ModelError(f"{name}: {value!r} is no size of blocks", SUPPORTED)
    return int(sides[0]), int(sides[1])


def block_of_scale(weight: tuple[int, ...], scale: tuple[int, ...], block: Block | None) -> Block | None:
    """Which part of a weight ``[N, K]`` shares a scale, by the shape of the scales; None if they do not fit.

    ``block``: what the config says about blocks.
    """
    if len(weight) != 2:
        return None
    rows, columns = weight
    if scale in ((), (1,), (1, 1)):
        return _WHOLE, _WHOLE
    if scale in ((rows,), (rows, 1)):
        return 1, _WHOLE
    if block is not None and scale == (-(-rows // block[0]), -(-columns // block[1])):
        return block
    return None


def dequantize(weight: torch.Tensor, scale: torch.Tensor, block: Block, first: int) -> torch.Tensor:
    """Rows of a weight, ``[R, K]`` in FP8, → float32; the first of them is row ``first`` of the tensor.

    ``scale``: those of the whole tensor.
    """
    rows, columns = weight.shape
    high, wide = block
    numbers = weight.to(torch.float32)
    across = -(-columns // wide)
    by_block = scale.to(torch.float32).reshape(-1, across)  # [blocks down, blocks across]
    by_row = by_block[(torch.arange(first, first + rows) // high)]  # [R, blocks across]
    if across > 1:
        by_row = by_row.repeat_interleave(wide, dim=1)[:, :columns]  # [R, K]
    return numbers.mul_(by_row)
