"""The C functions for what a decode step computes besides 4-bit products (``c/decode.h``): finding and declaring them.

They follow the choice of :mod:`glmv_cli.kernels.native`: where that is torch, torch computes these too, and where it
names an instruction set, that is the one they use.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.errors import MemoryShortageError
from glmv_cli.kernels import native

PORTABLE, AVX2, AVX512 = 0, 1, 2
_OF_KERNEL = {"avx2": AVX2, "avx512": AVX512, "portable": PORTABLE}
"""What the name of a kernel's instructions begins with, and the most that is used beside it."""
_INTEGER, _SIZE, _FLOAT, _POINTER = ctypes.c_int, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p
_NO_MEMORY = 1


@dataclass(frozen=True, slots=True)
class Functions:
    """The library, and the instruction set to call it with."""

    library: ctypes.CDLL
    set: int


def functions() -> Functions | None:
    """None: torch computes. Raises :class:`GlmvError` for a setting that names what there is not."""
    kernel = native.chosen().kernel
    return None if kernel is None else _functions(kernel.instructions)


@lru_cache(maxsize=8)
def _functions(instructions: str) -> Functions:
    library = native.load()
    assert isinstance(library, ctypes.CDLL), "a kernel comes from a library"
    _declare(library)
    most = next((most for name, most in _OF_KERNEL.items() if instructions.startswith(name)), AVX512)
    return Functions(library, next(s for s in range(most, -1, -1) if library.glmv_set_runs(s)))


def _declare(library: ctypes.CDLL) -> None:
    library.glmv_rows8.argtypes = (
        *(_INTEGER, _POINTER, _POINTER, _SIZE, _SIZE),
        *(_POINTER, _SIZE, _POINTER, _INTEGER),
    )
    library.glmv_rows8_quantize.argtypes = (_INTEGER, _POINTER, _SIZE, _SIZE, _POINTER, _POINTER, _INTEGER)
    library.glmv_rows8_quantize.restype = None
    library.glmv_route.argtypes = (_INTEGER, _POINTER, _POINTER, _SIZE, _POINTER, _POINTER, _POINTER, _INTEGER)
    library.glmv_route.restype = None
    library.glmv_rotate.argtypes = (_POINTER, _SIZE, _SIZE, _POINTER, _POINTER, _SIZE, _INTEGER)
    library.glmv_rotate.restype = None
    library.glmv_linears.argtypes = (_INTEGER, _POINTER, _POINTER, _SIZE, _SIZE, _POINTER, _SIZE, _INTEGER)
    library.glmv_mlp.argtypes = (
        *(_INTEGER, _POINTER, _POINTER, _POINTER, _POINTER, _SIZE, _SIZE),
        *(_POINTER, _SIZE, _POINTER, _INTEGER),
    )


def takes(*tensors: torch.Tensor) -> bool:
    """Whether these are what the functions read: float32, on the CPU, contiguous, without gradients."""
    gradients = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
    return not gradients and all(
        t.dtype == torch.float32 and t.device.type == "cpu" and t.is_contiguous() for t in tensors
    )


def check(status: int) -> None:
    """Raises what a function of the library means by this status."""
    if status == _NO_MEMORY:
        raise MemoryShortageError("there is no memory left for the activations of a layer", "close other programs")
