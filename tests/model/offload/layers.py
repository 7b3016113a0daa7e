"""Small random experts for tests, in memory and in a file."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import save_file

from glmv_cli.kernels import nf4
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.offload.experts import tensors_of
from glmv_cli.store.safetensors_header import read_header

EXPERTS, HIDDEN, INNER, TOP = 8, 128, 64, 3
SIZE = 3 * HIDDEN * INNER // 2 + 3 * HIDDEN * INNER // 64 * 4
"""Bytes of one expert."""
_KEYS = ("gate_up_proj", "gate_up_proj.absmax", "down_proj", "down_proj.absmax")


def random_experts(seed: int = 0, experts: int = EXPERTS, hidden: int = HIDDEN, inner: int = INNER) -> PackedExperts:
    """Quantized noise."""
    generator = torch.Generator().manual_seed(seed)
    gate_up = torch.randn(experts, 2 * inner, hidden, generator=generator) / hidden**0.5
    down = torch.randn(experts, hidden, inner, generator=generator) / inner**0.5
    return PackedExperts(*nf4.quantize(gate_up), *nf4.quantize(down))


def random_step(tokens: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens ``[T, H]``, chosen experts ``[T, k]``, weights ``[T, k]``."""
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(tokens, HIDDEN, generator=generator)
    ids = torch.stack([torch.randperm(EXPERTS, generator=generator)[:TOP] for _ in range(tokens)])
    return hidden, ids, torch.rand(tokens, TOP, generator=generator)


def write_layers(file: Path, layers: list[PackedExperts]) -> Checkpoint:
    """A checkpoint of nothing but experts, safely on the disk."""
    tensors = {
        f"model.layers.{index}.mlp.experts.{key}": tensor
        for index, experts in enumerate(layers)
        for key, tensor in zip(_KEYS, tensors_of(experts), strict=True)
    }
    save_file(tensors, file)
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)  # what is not written yet cannot be dropped from the cache
    os.close(descriptor)
    return Checkpoint(file.parent, {}, dict.fromkeys(tensors, file), read_header(file).tensors)
