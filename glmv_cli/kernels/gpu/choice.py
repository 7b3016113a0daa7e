"""Who computes with 4-bit weights on a GPU, and why: Triton's kernels, or torch.

Triton comes with torch's builds for CUDA. It compiles when a kernel is first called, for which it needs a C compiler
and Python's headers; where anything is missing, torch computes, as it does with ``GLMV_KERNEL=torch``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.kernels.gpu import launch
from glmv_cli.kernels.native import VARIABLE

CAPABILITY = (8, 0)
"""The first compute capability that multiplies bfloat16 matrices."""
_DTYPES = (torch.bfloat16, torch.float16, torch.float32)


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """``triton`` False: torch."""

    triton: bool
    why: str


def chosen(device: torch.device) -> GpuChoice:
    """For products on this device. The first question for a GPU compiles a small kernel, unless that is cached."""
    return _choose(os.environ.get(VARIABLE, ""), device)


@lru_cache(maxsize=16)
def _choose(setting: str, device: torch.device) -> GpuChoice:
    if device.type != "cuda":
        return GpuChoice(False, f"{device.type} is no GPU that Triton's kernels are for")
    if setting == "torch":
        return GpuChoice(False, f"{VARIABLE}=torch")
    found = torch.cuda.get_device_capability(device)
    if found < CAPABILITY:
        return GpuChoice(False, f"compute capability {found[0]}.{found[1]} is below {CAPABILITY[0]}.{CAPABILITY[1]}")
    return tried(device)


def tried(device: torch.device) -> GpuChoice:
    """Triton, if one of its kernels runs on the device now."""
    matrix = torch.zeros(1, 32, dtype=torch.uint8, device=device), torch.ones(1, 1, device=device)
    try:
        launch.unpack((1.0,) * 16, matrix, torch.float32)
    except Exception as error:  # of many kinds: no Triton, no compiler, no headers, a driver that is too old
        return GpuChoice(False, f"Triton does not work here: {type(error).__name__}: {error}".splitlines()[0])
    return GpuChoice(True, "Triton works here")


def reads(matrix: launch.Matrix) -> bool:
    """Whether Triton can read ``matrix``, one or one of many, where it lies."""
    packed, absmax = matrix
    if packed.device != absmax.device or not chosen(packed.device).triton:
        return False
    if packed.dtype != torch.uint8 or absmax.dtype != torch.float32 or packed.shape[:-1] != absmax.shape[:-1]:
        return False
    half, blocks = packed.shape[-1], absmax.shape[-1]
    rows_follow = packed.stride()[-2:] == (half, 1) and absmax.stride()[-2:] == (blocks, 1)
    return rows_follow and half == 32 * blocks and packed.numel() > 0


def takes(x: torch.Tensor, matrix: launch.Matrix) -> bool:
    """Whether Triton multiplies activations ``x [..., K]`` with ``matrix``, one or one of many."""
    if x.device != matrix[0].device or x.dtype not in _DTYPES or x.numel() == 0:
        return False
    return (
        x.shape[-1] == 2 * matrix[0].shape[-1] and not (x.requires_grad and torch.is_grad_enabled()) and reads(matrix)
    )
