"""Compiles every kernel to machine code for a GPU that need not be there: ``python compile_kernels.py CAPABILITY``.

Prints a line for each: its name, the bytes of shared memory it takes, and whether it uses matrix units. A process of
its own, since a test's Triton interprets.
"""

from __future__ import annotations

import sys
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from glmv_cli.kernels.gpu import gemm, gemv, launch

_INTEGERS = {"rows_in_all": "i32", "packed_stride": "i32", "absmax_stride": "i32", "size": "i32"}
_POINTERS = {"packed": "*u8", "absmax": "*fp32", "code": "*fp32", "ids": "*i64", "inner": "*fp32"}
_POINTERS |= dict.fromkeys(("tiles", "tokens", "lines"), "*i32")
_EXPERTS = {"HIDDEN": 4096, "INNER": 1408}
_FEW = {**_EXPERTS, "TOP": 8, **launch.GEMV_TILE}
_MANY = {**_EXPERTS, "ROWS": launch.GEMM_ROWS, "TOKENS": 64, "BYTES": 64}
KERNELS: tuple[tuple[Any, dict[str, int]], ...] = (
    (gemv.linear, {"COLUMNS": 4096, "BIASED": True, **launch.GEMV_TILE}),
    (gemv.gate_up, _FEW),
    (gemv.down, _FEW),
    (gemm.gate_up, _MANY),
    (gemm.down, _MANY),
    (gemm.add_choices, {"HIDDEN": 4096, "TOP": 8, "COLUMNS": 1024}),
    (gemm.unpack, {"BYTES": 1024}),
)


def main(capability: int) -> None:
    """For GLM-4.5V's widths, with activations in bfloat16."""
    for kernel, constants in KERNELS:
        names = kernel.arg_names
        types = {name: _INTEGERS.get(name) or _POINTERS.get(name, "*bf16") for name in names if name not in constants}
        signature = {name: types.get(name, "constexpr") for name in names}
        source = ASTSource(
            kernel,
            signature,
            constexprs={(names.index(name),): value for name, value in constants.items()},
            attrs={(names.index(name),): [["tt.divisibility", 16]] for name in types},
        )
        built = triton.compile(source, target=GPUTarget("cuda", capability, 32))
        assert built.asm["cubin"]
        matrix_units = any(word in built.asm["ptx"] for word in ("mma.sync", "wgmma.mma_async"))
        sys.stdout.write(f"{kernel.__module__}.{kernel.__name__} {built.metadata.shared} {matrix_units}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
