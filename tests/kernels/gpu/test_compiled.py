"""The kernels become machine code for real GPUs, whether or not there is one here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels.gpu.triton_device import needs_triton

ROOT = Path(__file__).parents[3]
SHARED_MEMORY = {80: 163, 89: 99, 90: 227, 120: 99}
"""KiB that a block may have, by compute capability: CUDA C++ Programming Guide, technical specifications."""


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize("capability", SHARED_MEMORY)
def test_every_kernel_compiles_within_the_memory_of_the_chip(capability: int, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.gpu.compile_kernels", str(capability)],
        cwd=ROOT,
        env=environment | {"TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    assert len(found) == 7
    for name, shared, matrix_units in found:
        assert int(shared) <= SHARED_MEMORY[capability] * 1024, name
        assert (matrix_units == "True") == (".gemm." in name and name.endswith(("gate_up", "down"))), name
