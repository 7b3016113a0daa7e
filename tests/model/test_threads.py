"""Threads that compute: so many, and each where it is told. In processes of their own, which threads belong to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torch_computes_with_so_many_threads() -> None:
    code = """
import torch
from glmv_cli.model.threads import use_threads
from glmv_cli.placement.threads import Threads
use_threads(Threads(3, ""))
print(torch.get_num_threads())
"""
    assert run(code) == "3"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot be bound on this system")
def test_each_thread_is_bound_to_its_processor() -> None:
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        pytest.skip("one processor only")
    code = f"""
import os, torch
from glmv_cli.model.threads import use_threads
from glmv_cli.placement.threads import Threads
use_threads(Threads(2, "", ({cpus[1]}, {cpus[0]})))
others = [sorted(os.sched_getaffinity(int(task))) for task in os.listdir("/proc/self/task") if int(task) != os.getpid()]
print([bound for bound in others if len(bound) == 1], sorted(os.sched_getaffinity(0)))
"""
    assert run(code) == f"[[{cpus[0]}]] {cpus}"
