"""Packing weights with the C library: the same bytes as with torch in :mod:`nf4` and :mod:`nf4_search`, at the speed at
which they are read.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.kernels import native

_TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2}
_NOT_FINITE = 4


@dataclass(frozen=True, slots=True)
class Quantizer:
    """A quantizer that this processor can run."""

    number: int
    instructions: str  # "avx512", "portable", …


def chosen() -> Quantizer | None:
    """The one for the instruction set of the kernel that computes, if there is one, or the fastest; None: torch."""
    kernel, there = native.chosen().kernel, available()
    if kernel is None or not there:
        return None
    return next((q for q in there if kernel.instructions.startswith(q.instructions)), there[0])


@lru_cache(maxsize=1)
def available() -> tuple[Quantizer, ...]:
    """Those that this processor can run, the fastest first."""
    library = _library()
    if library is None:
        return ()
    found: list[Quantizer] = []
    number = 0
    while (name := library.glmv_quantizer_name(number)) is not None:
        if library.glmv_quantizer_runs(number):
            found.append(Quantizer(number, name.decode()))
        number += 1
    return tuple(found)


def quantize(
    quantizer: Quantizer, code: Sequence[float], blocks: torch.Tensor, *, search: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """``[blocks, 64]`` on the CPU → packed ``[blocks, 32]`` uint8 and scales ``[blocks]``.

    ``code``: 16 ascending numbers. ``search``: scales as in :mod:`glmv_cli.kernels.nf4_search`.
    Raises ``ValueError`` for elements that are not finite.
    """
    if blocks.dtype not in _TYPES:
        blocks = blocks.float()
    blocks = blocks.contiguous()
    packed = torch.empty(len(blocks), 32, dtype=torch.uint8)
    scales = torch.empty(len(blocks))
    library = _library()
    assert library is not None, "a quantizer comes from a library"
    status = library.glmv_quantize(
        *(quantizer.number, (ctypes.c_float * 16)(*code), _TYPES[blocks.dtype], search, blocks.data_ptr(), len(blocks)),
        *(packed.data_ptr(), scales.data_ptr(), torch.get_num_threads()),
    )
    if status == _NOT_FINITE:
        raise ValueError("the weight has elements that are not finite")
    return packed, scales


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    library = native.load()
    if not isinstance(library, ctypes.CDLL):
        return None
    integer, size, pointer = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
    library.glmv_quantizer_name.restype = ctypes.c_char_p
    library.glmv_quantize.argtypes = (
        *(integer, pointer, integer, integer, pointer, size),
        *(pointer, pointer, integer),
    )
    return library
