"""Packing weights with the C library: the same bytes as with torch in :mod:`nf4` and :mod:`nf4_search`, at the speed at
which they are read.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.kernels import library, native

_TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2}


@dataclass(frozen=True, slots=True)
class Quantizer:
    """A quantizer that this processor can run."""

    number: int
    instructions: str  # "avx512", "portable", …


def chosen() -> Quantizer | None:
    """The one for the instruction set of the kernel that computes, if there is one, or the fastest; None: torch."""
    kernel = native.chosen().kernel
    if kernel is None:
        return None
    there = available(library.loaded())
    return next((q for q in there if kernel.instructions.startswith(q.instructions)), there[0])


@lru_cache(maxsize=1)
def available(loaded: ctypes.CDLL) -> tuple[Quantizer, ...]:
    """Those that this processor can run, the fastest first."""
    found: list[Quantizer] = []
    number = 0
    while (name := loaded.glmv_quantizer_name(number)) is not None:
        if loaded.glmv_quantizer_runs(number):
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
    status = library.loaded().glmv_quantize(
        *(quantizer.number, (ctypes.c_float * 16)(*code), _TYPES[blocks.dtype], search, blocks.data_ptr(), len(blocks)),
        *(packed.data_ptr(), scales.data_ptr(), torch.get_num_threads()),
    )
    if status == library.NOT_FINITE:
        raise ValueError("the weight has elements that are not finite")
    return packed, scales
