"""Memory that is freed is used again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from glmv_cli.cli.process import reuse_freed_memory

FAULTS = """
import resource
from glmv_cli.cli.process import reuse_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(b"x") * (100 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), faults(), reuse_freed_memory({}), faults(), faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_the_second_time_it_is_there() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], stdout=subprocess.PIPE, text=True, check=True)
    *fresh, chosen, first, second = done.stdout.split()
    assert chosen == "True"
    assert min(map(int, [*fresh, first])) > 10 * (int(second) + 1)


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"])
def test_what_the_user_has_chosen_stays(name: str) -> None:
    assert not reuse_freed_memory({name: "1"})
