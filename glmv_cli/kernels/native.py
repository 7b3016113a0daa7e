"""The kernels of the C library: which of them computes, and calling it with tensors.

``GLMV_KERNEL`` chooses: ``int8`` (activations rounded to 8 bits by block, as llama.cpp does), ``exact`` (float32
activations), or ``torch`` (no C at all); ``exact:avx2`` and the like name an instruction set too. Unset, it is the
fastest ``int8`` kernel that the processor can run, else the fastest ``exact`` one, and torch where the library was not
built.
"""

from __future__ import annotations

import ctypes
import os
import time
from dataclasses import dataclass
from functools import lru_cache

import torch

from glmv_cli.errors import UsageError
from glmv_cli.kernels import library

VARIABLE = "GLMV_KERNEL"
_PREFERRED = ("int8", "exact")
"""Rounding activations adds less than a twentieth to the error of 4-bit weights: tests/kernels/test_precision.py."""
_UNIT = 64


@dataclass(frozen=True, slots=True)
class Format:
    """What four bits mean: 16 numbers, and how many weights of a row share a scale (32, 64 or 128)."""

    code: tuple[float, ...]
    block: int


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that this processor can run."""

    number: int
    precision: str  # "exact" or "int8", which says how a few tokens are multiplied
    instructions: str  # "avx512", "portable", …
    few: int  # tokens, up to which weights are expanded anew for every 8 of them; for more, once for all

    @property
    def name(self) -> str:
        """As in ``GLMV_KERNEL``."""
        return f"{self.precision}:{self.instructions}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What computes 4-bit products on the CPU, and why; ``kernel`` None: torch."""

    kernel: Kernel | None
    why: str


def chosen() -> Choice:
    """The kernel that is used. Raises :class:`UsageError` if ``GLMV_KERNEL`` names one that there is not."""
    return choose(os.environ.get(VARIABLE, ""))


@lru_cache(maxsize=16)
def choose(setting: str) -> Choice:
    """The choice for this value of ``GLMV_KERNEL``; empty: unset."""
    if setting == "torch":
        return Choice(None, f"{VARIABLE}=torch")
    loaded = library.load()
    kernels = kernels_of(loaded) if isinstance(loaded, ctypes.CDLL) else ()
    wanted = (setting,) if setting else _PREFERRED
    found = next((k for name in wanted for k in kernels if name in (k.name, k.precision)), None)
    if found is not None:
        usual = f"the fastest {found.precision} one that this processor runs"
        return Choice(found, f"{VARIABLE}={setting}" if setting else usual)
    if setting in ("", "exact"):  # torch is exact, too
        return Choice(None, loaded if isinstance(loaded, str) else f"this processor runs no {wanted[-1]} kernel")
    raise _unavailable(setting, loaded, kernels)


def _unavailable(setting: str, loaded: ctypes.CDLL | str, kernels: tuple[Kernel, ...]) -> UsageError:
    known = () if isinstance(loaded, str) else _names(loaded)
    missing = "this processor cannot run it" if setting in known else "there is no such kernel"
    why = f"{loaded} ('glmv doctor' says what helps)" if isinstance(loaded, str) else missing
    names = " ".join(("torch", *dict.fromkeys(kernel.precision for kernel in kernels), *(k.name for k in kernels)))
    return UsageError(f"{VARIABLE}={setting} is not available: {why}", f"'unset {VARIABLE}', or choose of {names}")


def _names(loaded: ctypes.CDLL) -> tuple[str, ...]:
    """Of all kernels that were built, by their numbers."""
    found: list[str] = []
    while (name := loaded.glmv_kernel_name(len(found))) is not None:
        found.append(name.decode())
    return tuple(found)


@lru_cache(maxsize=1)
def kernels_of(loaded: ctypes.CDLL) -> tuple[Kernel, ...]:
    """Those that this processor can run, the fastest of a precision first."""
    return tuple(
        Kernel(number, precision, instructions, loaded.glmv_kernel_few(number))
        for number, (precision, instructions) in enumerate(name.split(":") for name in _names(loaded))
        if loaded.glmv_kernel_runs(number)
    )


def fits(packing: Format, packed: torch.Tensor, absmax: torch.Tensor) -> bool:
    """Whether the last two dimensions are matrices as the library reads them: ``[…, N, K/2]`` and ``[…, N, K/block]``,
    with K a multiple of 64."""
    if packed.device.type != "cpu" or absmax.device.type != "cpu":
        return False
    if packed.dtype != torch.uint8 or absmax.dtype != torch.float32 or packed.shape[:-1] != absmax.shape[:-1]:
        return False
    if packed.ndim < 2 or packed.numel() == 0:
        return False
    half, blocks = packed.shape[-1], absmax.shape[-1]
    rows_follow = packed.stride()[-2:] == (half, 1) and absmax.stride()[-2:] == (blocks, 1)
    return rows_follow and half * 2 == blocks * packing.block and half * 2 % _UNIT == 0


def takes(x: torch.Tensor, columns: int) -> bool:
    """Whether ``x`` are activations that the library multiplies: float32 ``[…, columns]`` on the CPU, no gradients."""
    usual = x.device.type == "cpu" and x.dtype == torch.float32 and x.shape[-1] == columns
    return usual and not (x.requires_grad and torch.is_grad_enabled())


def linear(
    kernel: Kernel,
    packing: Format,
    x: torch.Tensor,
    packed: torch.Tensor,
    absmax: torch.Tensor,
    bias: torch.Tensor | None,
) -> torch.Tensor:
    """``x @ W.T + bias``, with weights in the format ``packing``; ``x`` :func:`takes` and ``W`` :func:`fits`."""
    rows, columns = len(packed), x.shape[-1]
    x = x.contiguous()
    out = torch.empty(*x.shape[:-1], rows)
    if bias is not None:
        bias = bias.to(torch.float32).contiguous()
    status = library.loaded().glmv_linear(
        *(kernel.number, format_of(packing), library.Matrix.of(packed, absmax), rows, columns),
        *(None if bias is None else bias.data_ptr(), x.data_ptr(), x.numel() // columns),
        *(out.data_ptr(), torch.get_num_threads()),
    )
    library.check(status)
    return out


def unpack(kernel: Kernel, packing: Format, packed: torch.Tensor, absmax: torch.Tensor) -> torch.Tensor:
    """A contiguous ``W`` that :func:`fits`, as float32 ``[…, N, K]``."""
    columns = 2 * packed.shape[-1]
    out = torch.empty(*packed.shape[:-1], columns)
    rows = out.numel() // columns
    library.check(
        library.loaded().glmv_unpack(
            *(kernel.number, format_of(packing), library.Matrix.of(packed, absmax), rows, columns),
            *(out.data_ptr(), torch.get_num_threads()),
        )
    )
    return out


def routed_experts(
    kernel: Kernel,
    packing: Format,
    hidden: torch.Tensor,
    ids: torch.Tensor,
    weights: torch.Tensor,
    gate_up: tuple[torch.Tensor, torch.Tensor],
    down: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    """Each token's weighted sum over its chosen experts, as in :mod:`glmv_cli.kernels.moe`.

    ``gate_up`` and ``down``: packed ``[E, …]`` and absmax, which :func:`fits`; experts may lie apart.
    """
    hidden, ids, weights = hidden.contiguous(), ids.to(torch.int64).contiguous(), weights.to(hidden.dtype).contiguous()
    out = torch.empty_like(hidden)
    status = library.loaded().glmv_routed_experts(
        *(kernel.number, format_of(packing), experts_of(gate_up, down), hidden.data_ptr(), ids.data_ptr()),
        *(weights.data_ptr(), *ids.shape, out.data_ptr(), torch.get_num_threads()),
    )
    library.check(status)
    return out


def experts_of(gate_up: tuple[torch.Tensor, torch.Tensor], down: tuple[torch.Tensor, torch.Tensor]) -> library.Experts:
    """Packed ``[E, …]`` and absmax, which whoever calls keeps."""
    strides = [tensor.stride(0) for tensor in (*gate_up, *down)]
    count, hidden, half = down[0].shape
    return library.Experts(library.Matrix.of(*gate_up), library.Matrix.of(*down), *strides, count, hidden, 2 * half)


def read_bandwidth(size: int = 1 << 28, runs: int = 5) -> float | None:
    """Bytes a second at which this machine's threads read memory that no cache holds, the best of ``runs``; None
    without the library. ``size``: bytes to read, which are allocated for it."""
    if isinstance(library.load(), str):
        return None
    memory = torch.ones(size, dtype=torch.uint8)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        read(memory)
        times.append(time.perf_counter() - started)
    return size / min(times)


def read(memory: torch.Tensor) -> int:
    """Reads all bytes of a contiguous tensor with all threads, and does nothing with them; a checksum."""
    assert memory.is_contiguous()
    return int(library.loaded().glmv_read(memory.data_ptr(), memory.nbytes, torch.get_num_threads()))


@lru_cache(maxsize=16)
def format_of(packing: Format) -> library.Format:
    """Raises ``ValueError`` for a block of another size, or for numbers that are not 16 finite ones."""
    made = library.Format()
    if len(packing.code) != 16:
        raise ValueError(f"four bits have 16 meanings, not {len(packing.code)}")
    if (
        library.loaded().glmv_make_format((ctypes.c_float * 16)(*packing.code), packing.block, made)
        == library.NO_FORMAT
    ):
        raise ValueError(f"no kernel computes with {packing}")
    return made
