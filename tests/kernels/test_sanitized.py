"""The C library, built with the address and undefined-behaviour sanitizers, in a program of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "glmv_cli" / "kernels" / "c"
COMPILER = os.environ.get("CC", "cc")
FLAGS = ("-std=c11", "-O1", "-g", "-fopenmp", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NEWER = {"-mavxvnni": "GLMV_AVXVNNI", "-mamx-int8": "GLMV_AMX"}
"""What older compilers do not know."""


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason="there is no C compiler")
@pytest.mark.parametrize("x86", [True, False], ids=["with what the processor has", "plain C"])
def test_the_sanitizers_find_nothing(tmp_path: Path, x86: bool) -> None:
    (tmp_path / "empty.c").write_text("int main(void) { return 0; }")
    program = str(tmp_path / "check")

    def compiles(*options: str) -> bool:
        command = [COMPILER, *options, str(tmp_path / "empty.c"), "-o", program]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not compiles(*FLAGS):
        pytest.skip("the compiler has no sanitizers or no OpenMP")
    sources = [str(path) for path in (*sorted(HERE.glob("*.c")), *sorted(SOURCES.glob("*.c")))]
    defined = []
    if x86 and os.uname().machine == "x86_64":
        defined = ["-DGLMV_X86", *(f"-D{macro}" for option, macro in NEWER.items() if compiles(option))]
    subprocess.run(
        [COMPILER, *FLAGS, *defined, f"-I{SOURCES}", f"-I{HERE}", *sources, "-lm", "-o", program], check=True
    )
    # OpenMP keeps its threads until the process ends.
    environ = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([program], capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exact:portable" in done.stdout.split()
