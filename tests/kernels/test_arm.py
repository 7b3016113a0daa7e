"""The C library for 64-bit ARM: it compiles where a cross compiler is, and computes right where an emulator is too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "glmv_cli" / "kernels" / "c"
COMPILER = "aarch64-linux-gnu-gcc"
EMULATOR = "qemu-aarch64-static"
FLAGS = (
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fopenmp",
    "-march=armv8.2-a+dotprod",
    "-DGLMV_ARM",
    f"-I{SOURCES}",
    f"-I{HERE}",
)

needs_compiler = pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"there is no {COMPILER}")


@needs_compiler
def test_every_source_compiles_without_a_warning(tmp_path: Path) -> None:
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    done = subprocess.run([COMPILER, *FLAGS, "-c", *sources], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_compiler
@pytest.mark.slow
@pytest.mark.skipif(shutil.which(EMULATOR) is None, reason=f"there is no {EMULATOR}")
def test_an_emulated_processor_computes_right(tmp_path: Path) -> None:
    program = str(tmp_path / "check")
    sources = [str(path) for path in (*sorted(HERE.glob("*.c")), *sorted(SOURCES.glob("*.c")))]
    subprocess.run([COMPILER, *FLAGS, "-static", *sources, "-lm", "-o", program], check=True)
    done = subprocess.run([EMULATOR, "-cpu", "max", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"int8:neon", "int8:portable", "exact:portable"} <= set(done.stdout.split())
