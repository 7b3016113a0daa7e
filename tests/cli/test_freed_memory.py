"""Memory that is freed is used again."""

from __future__ import annotations

import os
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
    [bytearray(b"x") * (30 << 20) for _ in range(4)]  # more than glibc keeps by itself, each less than it may be told
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), faults(), reuse_freed_memory({}), faults(), faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_the_second_time_it_is_there() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run([sys.executable, "-c", FAULTS], stdout=subprocess.PIPE, text=True, check=True, env=environ)
    *fresh, chosen, first, second = done.stdout.split()
    assert chosen == "True"
    assert min(map(int, [*fresh, first])) > 10 * (int(second) + 1)


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"])
def test_what_the_user_has_chosen_stays(name: str) -> None:
    assert not reuse_freed_memory({name: "1"})
