"""With which instruction set the C library computes what a decode step is besides 4-bit products (``c/decode.h``).

It follows the choice of :mod:`glmv_cli.kernels.native`: where that is torch, torch computes these too, and where it
names an instruction set, that is the one they use.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.kernels import library, native

PORTABLE, AVX2, AVX512 = 0, 1, 2
_OF_KERNEL = {"avx2": AVX2, "avx512": AVX512, "portable": PORTABLE}
"""What the name of a kernel's instructions begins with, and the most that is used beside it."""


@dataclass(frozen=True, slots=True)
class Functions:
    """The library, and the instruction set to call it with."""

    library: ctypes.CDLL
    set: int


def functions() -> Functions | None:
    """None: torch computes. Raises :class:`UsageError` for a setting that names what there is not."""
    kernel = native.chosen().kernel
    return None if kernel is None else _functions(kernel.instructions)


@lru_cache(maxsize=8)
def _functions(instructions: str) -> Functions:
    loaded = library.loaded()
    most = next((most for name, most in _OF_KERNEL.items() if instructions.startswith(name)), AVX512)
    return Functions(loaded, next(s for s in range(most, -1, -1) if loaded.glmv_set_runs(s)))


def takes(*tensors: torch.Tensor) -> bool:
    """Whether these are what the functions read: float32, on the CPU, contiguous, without gradients."""
    gradients = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
    return not gradients and all(
        t.dtype == torch.float32 and t.device.type == "cpu" and t.is_contiguous() for t in tensors
    )
