"""Values of ``GLMV_KERNEL`` that force each instruction set in turn."""

from __future__ import annotations

from glmv_cli.kernels import library, native

_LOADED = library.load()
SETS = (
    ()
    if isinstance(_LOADED, str)
    else tuple(kernel.name for kernel in native.kernels_of(_LOADED) if kernel.precision == "exact")
)
"""Of the library, where it is there."""
SETTINGS = ("torch", *SETS)
