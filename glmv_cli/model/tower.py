"""The vision tower's modules, as a CPU computes them fastest.

The classes of transformers stay; what multiplies in them is ours. With bfloat16 products, what runs through the blocks
is kept in float32, and a block's norms round what its attention and MLP begin with.
"""

from __future__ import annotations

import re

import torch
from torch import nn

from glmv_cli.model.norm import RMSNorm
from glmv_cli.model.sixteen import Conv16, Linear16, RoundingNorm

_TOWER = re.compile(r"(^|\.)visual\.")
_BLOCK_NORM = re.compile(r"\.blocks\.\d+\.norm\d$")


def is_in_tower(path: str) -> bool:
    """Whether the module at ``path`` of a model is one of its vision tower."""
    return _TOWER.search(path) is not None


def tower_module(path: str, module: nn.Module, products: torch.dtype) -> nn.Module | None:
    """Our module for the one at ``path``, or None if that of transformers will do.

    ``products``: what the factors of products are rounded to. Pixels are multiplied in float32: their convolution is
    small, and what it loses is lost for good.
    """
    if isinstance(module, nn.Linear):
        return Linear16(module.in_features, module.out_features, module.bias is not None, products)
    if isinstance(module, nn.Conv2d):
        return Conv16(module, products)
    if isinstance(module, nn.Conv3d):
        return Conv16(module)
    if type(module).__name__.endswith("RMSNorm"):
        width, eps = len(module.get_parameter("weight")), float(module.variance_epsilon)  # type: ignore[arg-type]
        rounds = products != torch.float32 and _BLOCK_NORM.search(path)
        return RoundingNorm(width, eps, products) if rounds else RMSNorm(width, eps)
    return None
