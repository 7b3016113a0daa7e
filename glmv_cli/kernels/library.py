"""The C library beside this file: loading it, its functions and structures, what its statuses mean.

``c/glmv.h``, ``c/decode.h`` and ``c/layers.h`` describe them. What Python calls of these is declared here, and only
here.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from pathlib import Path

import torch

from glmv_cli.errors import MemoryShortageError

LIBRARY = Path(__file__).with_name("libglmv.so")
ABI = 7
NO_FORMAT, NOT_FINITE = 3, 4
_NO_MEMORY, _NO_EXPERT = 1, 2
_INT, _SIZE, _FLOAT, _POINTER = ctypes.c_int, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p
_ANOTHER = "the C library belongs to another version of glmv: install it again"


class Format(ctypes.Structure):
    """``glmv_format``."""

    _fields_ = (
        *(("table", _FLOAT * 16), ("entries", ctypes.c_int8 * 16)),
        *(("step", _FLOAT), ("block", _SIZE)),
    )


class Matrix(ctypes.Structure):
    """``glmv_matrix``."""

    _fields_ = (("packed", _POINTER), ("absmax", _POINTER))

    @classmethod
    def of(cls, packed: torch.Tensor, absmax: torch.Tensor) -> Matrix:
        """Where these lie; whoever calls keeps them."""
        return cls(packed.data_ptr(), absmax.data_ptr())


class Experts(ctypes.Structure):
    """``glmv_experts``."""

    _fields_ = (
        *(("gate_up", Matrix), ("down", Matrix)),
        *((name, _SIZE) for name in ("gate_up_stride", "gate_up_absmax_stride")),
        *((name, _SIZE) for name in ("down_stride", "down_absmax_stride", "count", "hidden", "inner")),
    )


class Rows8(ctypes.Structure):
    """``glmv_rows8_matrix``."""

    _fields_ = tuple((name, _POINTER) for name in ("upper", "lower", "multipliers", "scale"))


class Part(ctypes.Structure):
    """``glmv_part``."""

    _fields_ = (("matrix", Matrix), ("rows", _SIZE), ("bias", _POINTER), ("y", _POINTER))


class Router(ctypes.Structure):
    """``glmv_router``."""

    _fields_ = (
        *((name, _POINTER) for name in ("weight", "correction")),
        *((name, _SIZE) for name in ("experts", "hidden", "choices", "groups", "open_groups")),
        *(("normalized", ctypes.c_int32), ("factor", _FLOAT)),
    )


class Projection(ctypes.Structure):
    """``glmv_projection``."""

    _fields_ = (("matrix", Matrix), ("rows", _SIZE), ("bias", _POINTER))


class Attention(ctypes.Structure):
    """``glmv_attention``."""

    _fields_ = (
        *((name, _POINTER) for name in ("norm", "after")),
        *((name, Projection) for name in ("q", "k", "v", "o")),
        *((name, _POINTER) for name in ("q_norm", "k_norm")),
        *((name, _SIZE) for name in ("heads", "groups", "width")),
        *(("keys", _POINTER), ("values", _POINTER), ("capacity", _SIZE)),
    )


class FeedForward(ctypes.Structure):
    """``glmv_feedforward``."""

    _fields_ = (
        *((name, _POINTER) for name in ("norm", "after")),
        *((name, Matrix) for name in ("gate", "up", "down")),
        *(("inner", _SIZE), ("router", Router), ("experts", Experts)),
    )


class Layer(ctypes.Structure):
    """``glmv_layer``."""

    _fields_ = (("attention", Attention), ("feedforward", FeedForward))


class Step(ctypes.Structure):
    """``glmv_step``."""

    _fields_ = (
        *((name, _SIZE) for name in ("tokens", "before", "hidden")),
        *(("cosines", _POINTER), ("sines", _POINTER), ("rotated", _SIZE)),
        *(("pairs", ctypes.c_int32), ("eps", _FLOAT), ("norm", _POINTER)),
    )


@lru_cache(maxsize=1)
def load() -> ctypes.CDLL | str:
    """The library, or why there is none. Loaded after torch, it shares torch's threads."""
    if not LIBRARY.exists():
        return "the C library is not there: without a C compiler, an installation leaves it out"
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        return f"the C library cannot be loaded: {error}"
    try:
        if library.glmv_abi() != ABI:
            return _ANOTHER
        _declare(library)
    except AttributeError:  # a function that it has not: built from sources between two versions
        return _ANOTHER
    return library


def loaded() -> ctypes.CDLL:
    """The library, where a kernel or quantizer of it is known already."""
    library = load()
    assert isinstance(library, ctypes.CDLL), "a kernel comes from a library"
    return library


def check(status: int) -> None:
    """Raises what a function of the library means by this status."""
    if status == _NO_EXPERT:
        raise IndexError("a chosen expert does not exist")
    if status == _NO_MEMORY:
        raise MemoryShortageError("there is no memory left for the activations of a layer", "close other programs")


def _declare(library: ctypes.CDLL) -> None:
    _declare_products(library)
    _declare_the_rest(library)
    for name in ("glmv_kernel_runs", "glmv_kernel_few", "glmv_quantizer_runs", "glmv_set_runs"):
        getattr(library, name).argtypes = (_INT,)
    for name in ("glmv_kernel_name", "glmv_quantizer_name"):
        getattr(library, name).argtypes, getattr(library, name).restype = (_INT,), ctypes.c_char_p
    for name in ("glmv_rows8_quantize", "glmv_route", "glmv_norm", "glmv_rotate", "glmv_rotate_tokens"):
        getattr(library, name).restype = None
    library.glmv_kernel_few.restype = _SIZE
    library.glmv_read.argtypes, library.glmv_read.restype = (_POINTER, _SIZE, _INT), _SIZE


def _declare_products(library: ctypes.CDLL) -> None:
    packing, matrix = ctypes.POINTER(Format), ctypes.POINTER(Matrix)
    library.glmv_make_format.argtypes = (_POINTER, _SIZE, packing)
    library.glmv_linear.argtypes = (
        *(_INT, packing, matrix, _SIZE, _SIZE),
        *(_POINTER, _POINTER, _SIZE, _POINTER, _INT),
    )
    library.glmv_linears.argtypes = (
        *(_INT, packing, ctypes.POINTER(Part), _SIZE, _SIZE),
        *(_POINTER, _SIZE, _INT),
    )
    library.glmv_mlp.argtypes = (
        *(_INT, packing, matrix, matrix, matrix, _SIZE, _SIZE),
        *(_POINTER, _SIZE, _POINTER, _INT),
    )
    library.glmv_routed_experts.argtypes = (
        *(_INT, packing, ctypes.POINTER(Experts), _POINTER, _POINTER, _POINTER),
        *(_SIZE, _SIZE, _POINTER, _INT),
    )
    library.glmv_layers.argtypes = (
        *(_INT, _INT, packing, ctypes.POINTER(Layer), _SIZE),
        *(ctypes.POINTER(Step), _POINTER, _INT),
    )
    library.glmv_unpack.argtypes = (_INT, packing, matrix, _SIZE, _SIZE, _POINTER, _INT)


def _declare_the_rest(library: ctypes.CDLL) -> None:
    library.glmv_quantize.argtypes = (
        *(_INT, _POINTER, _INT, _INT, _POINTER, _SIZE),
        *(_POINTER, _POINTER, _INT),
    )
    rows8 = ctypes.POINTER(Rows8)
    library.glmv_rows8.argtypes = (_INT, rows8, _SIZE, _SIZE, _POINTER, _SIZE, _SIZE, _POINTER, _INT)
    library.glmv_rows8_quantize.argtypes = (
        *(_INT, _POINTER, _SIZE, _SIZE),
        *(_POINTER, _POINTER, _POINTER, _POINTER, _INT),
    )
    library.glmv_exact_rows.argtypes = (_INT, _POINTER, _SIZE, _SIZE, _POINTER, _SIZE, _SIZE, _POINTER, _INT)
    library.glmv_route.argtypes = (
        *(_INT, ctypes.POINTER(Router), _POINTER, _SIZE),
        *(_POINTER, _POINTER, _POINTER, _INT),
    )
    library.glmv_norm.argtypes = (_INT, _POINTER, _SIZE, _SIZE, _POINTER, _FLOAT, _POINTER)
    library.glmv_rotate.argtypes = (_POINTER, _SIZE, _SIZE, _POINTER, _POINTER, _SIZE, _INT)
    library.glmv_rotate_tokens.argtypes = (
        *(_POINTER, _SIZE, _SIZE, _SIZE, _POINTER, _POINTER),
        *(_SIZE, _INT, _INT),
    )
