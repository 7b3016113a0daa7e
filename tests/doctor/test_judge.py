"""What is wrong with a machine, by its facts alone."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from glmv_cli.doctor.facts import Facts, GpuKernel, Package, Setting, Trouble, Unfinished, Unknown
from glmv_cli.doctor.judge import RULES, judge
from glmv_cli.placement.processors import Core, Processors
from glmv_cli.placement.threads import Threads
from glmv_cli.units import GIB
from tests.doctor.healthy import (
    CONFIGURATION,
    FACTS,
    GRAPHICS,
    KEPT,
    KERNEL,
    MEMORY,
    MODELS,
    PLACES,
    PROCESSING,
    SOFTWARE,
    SPEEDS,
    TORCH,
)

NO_LIBRARY = replace(KERNEL, name=None, library="the C library is not there")
NO_TRITON = GpuKernel(0, False, "Triton does not work here: no compiler")
NO_MANAGER = replace(SOFTWARE, compiler=None, get_compiler=None)
NO_COMPILER = replace(SOFTWARE, compiler=None)
HYBRID = Processors((Core((0,)), Core((1,)), Core((2,), fast=False)))
LIMITED = Processors(tuple(Core((cpu,)) for cpu in range(8)), quota=2)
TWO_NODES = replace(PROCESSING, processors=Processors((Core((0,)), Core((1,), node=1))), threads=Threads(2, ""))
UNFINISHED = Unfinished("/m/.incomplete/a", "glmv pull x/a --name a", "glmv models remove a")
SOMEWHERE = replace(PLACES[1], writable=False)

# What differs from a healthy machine; how bad that is; a part of what is said, and of the hint.
CASES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"kernel": NO_LIBRARY}, "warning", "the C library is not there; decoding is several times slower", "pip install"),
    ({"kernel": NO_LIBRARY, "software": NO_COMPILER}, "warning", "not there", "'sudo apt-get install gcc', then '"),
    ({"kernel": NO_LIBRARY, "software": NO_MANAGER}, "warning", "not there", "install gcc or clang, then '"),
    ({"kernel": replace(KERNEL, name=None, why="GLMV_KERNEL=torch")}, "warning", "is not used", "unset GLMV_KERNEL"),
    ({"kernel": replace(KERNEL, name="exact:portable")}, "note", "exact:portable computes", ""),
    ({"kernel": replace(KERNEL, trouble=Trouble("GLMV_KERNEL=x", "unset it"))}, "error", "GLMV_KERNEL=x", "unset it"),
    (
        {"gpu_kernels": (GpuKernel(1, False, "GLMV_KERNEL=torch"),)},
        "warning",
        "torch computes on GPU 1",
        "unset GLMV_KERNEL",
    ),
    ({"gpu_kernels": (GpuKernel(0, False, "compute capability 7.5 is below 8.0"),)}, "warning", "is below 8.0", ""),
    ({"gpu_kernels": (NO_TRITON,)}, "warning", "torch computes on GPU 0", "python3-dev"),
    (
        {"gpu_kernels": (NO_TRITON,), "software": NO_COMPILER},
        "warning",
        "torch computes on GPU 0",
        "apt-get install gcc",
    ),
    ({"history": replace(KEPT, size=2 * GIB)}, "note", "the history takes 2.0 GiB", "glmv history rm"),
    ({"processing": replace(PROCESSING, threads=Trouble("too many", "fewer"))}, "error", "too many", "fewer"),
    (
        {"processing": replace(PROCESSING, threads=Threads(2, "OMP_NUM_THREADS"))},
        "warning",
        "2 of 8 threads that suit this machine compute, as OMP_NUM_THREADS says",
        "unset OMP_NUM_THREADS, for 8 (one for each core)",
    ),
    (
        {"processing": replace(PROCESSING, processors=LIMITED, threads=Threads(8, "GLMV_THREADS"))},
        "warning",
        "8 threads share the time of 2 processors",
        "leave out what GLMV_THREADS says, for 2",
    ),
    ({"processing": replace(PROCESSING, load=11.0)}, "warning", "want 11.0 processors, of 16", "'top'"),
    ({"processing": TWO_NODES}, "note", "2 NUMA nodes", "numactl --interleave=all glmv"),
    ({"memory": replace(MEMORY, address_space=8 * GIB)}, "warning", "may map 8.0 GiB only", "ulimit -v unlimited"),
    ({"memory": replace(MEMORY, available=GIB)}, "warning", "only 1.0 GiB of 64.0 GiB memory are free", "close other"),
    ({"memory": replace(MEMORY, swap_used=20 * GIB)}, "warning", "20.0 GiB of other programs' memory", "close some"),
    ({"speeds": replace(SPEEDS, memory=5 * 10**9)}, "warning", "memory is read at 5.0 GB/s", "dmidecode -t memory"),
    ({"speeds": replace(SPEEDS, memory=Unknown("no room"))}, "note", "could not be measured: no room", ""),
    (
        {"graphics": replace(GRAPHICS, gpus=(), visible="-1")},
        "note",
        "CUDA_VISIBLE_DEVICES=-1 hides every GPU",
        "unset CUDA_VISIBLE_DEVICES",
    ),
    (
        {"graphics": replace(GRAPHICS, gpus=(), driver=None, driver_cuda=None, problem="Driver Not Loaded")},
        "warning",
        "its driver does not answer: Driver Not Loaded",
        "nvidia-smi",
    ),
    (
        {"torch": replace(TORCH, version="2.13.0+cpu", cuda=None, usable=False)},
        "warning",
        "torch 2.13.0+cpu is built without CUDA, so the GPU is not used",
        "python -m pip install --force-reinstall torch",
    ),
    (
        {"torch": replace(TORCH, usable=False), "graphics": replace(GRAPHICS, driver="470.1", driver_cuda="11.4")},
        "warning",
        "torch 2.13.0 is built for CUDA 12.8, and driver 470.1 runs CUDA 11.4",
        "newer driver",
    ),
    ({"torch": Unknown("ImportError: libgomp")}, "error", "torch cannot be imported: ImportError", "pip install"),
    (
        {"software": replace(SOFTWARE, packages=(Package("av", None, ">=14", fits=False),))},
        "error",
        "av is not installed",
        'pip install "av>=14"',
    ),
    (
        {"software": replace(SOFTWARE, packages=(Package("av", "9.0", ">=14", fits=False),))},
        "warning",
        "av 9.0 is not >=14, as glmv asks",
        'pip install "av>=14"',
    ),
    (
        {"software": replace(SOFTWARE, packages=(Package("transformers", "4.57.0", ">=5.20", fits=False),))},
        "error",
        "transformers 4.57.0 is not >=5.20",
        "pip install",
    ),
    (
        {
            "configuration": replace(
                CONFIGURATION, trouble=Trouble("there is no setting 'modle'", "did you mean 'model'?")
            )
        },
        "error",
        "there is no setting 'modle'",
        "did you mean 'model'?",
    ),
    (
        {"configuration": replace(CONFIGURATION, strangers=(("GLMV_MODLE", "GLMV_MODEL"),))},
        "warning",
        "GLMV_MODLE is set, and means nothing to glmv",
        "did you mean GLMV_MODEL? Else 'unset GLMV_MODLE'",
    ),
    (
        {"configuration": replace(CONFIGURATION, variables=(Setting("HF_HUB_OFFLINE", "1", ""),))},
        "note",
        "HF_HUB_OFFLINE forbids 'glmv pull'",
        "unset HF_HUB_OFFLINE",
    ),
    (
        {"configuration": replace(CONFIGURATION, variables=(Setting("HF_ENDPOINT", "hub.local", ""),))},
        "warning",
        "HF_ENDPOINT=hub.local is no address",
        "export HF_ENDPOINT=https://hub.local",
    ),
    ({"places": (replace(PLACES[1], path=None),)}, "warning", "no home directory for the models", "GLMV_HOME"),
    ({"places": (SOMEWHERE,)}, "warning", f"cannot be written to: {SOMEWHERE.path}", "GLMV_HOME"),
    ({"places": (replace(PLACES[1], free=GIB),)}, "note", "only 1.0 GiB are free for models", "glmv models remove"),
    (
        {"models": replace(MODELS, trouble=Trouble("unknown model 'x'", None))},
        "error",
        "the default model cannot answer: unknown model 'x'",
        "glmv models default NAME",
    ),
    (
        {"models": replace(MODELS, unfinished=(UNFINISHED,))},
        "warning",
        "begun and not finished",
        "glmv pull x/a --name a",
    ),
    ({"encoding": "ANSI_X3.4-1968"}, "warning", "takes ANSI_X3.4-1968", "LC_ALL=C.UTF-8"),
]
FINE: list[dict[str, Any]] = [
    {},
    {"encoding": "UTF-8"},
    {"graphics": replace(GRAPHICS, gpus=(), cards=0, driver=None, problem="NVML Shared Library Not Found")},
    {"graphics": replace(GRAPHICS, gpus=(), cards=0), "torch": replace(TORCH, cuda=None, usable=False)},
    {"processing": replace(PROCESSING, processors=HYBRID, threads=Threads(2, "one for each performance core"))},
    {"processing": replace(PROCESSING, threads=Threads(16, "--threads"))},
    {"processing": replace(PROCESSING, processors=replace(LIMITED, quota=1.5), threads=Threads(2, "the container …"))},
    {"memory": replace(MEMORY, address_space=100 * GIB)},
    {"configuration": replace(CONFIGURATION, variables=(Setting("HF_HUB_OFFLINE", "0", ""),))},
]


@pytest.mark.parametrize("changes", FINE)
def test_nothing_is_wrong(changes: dict[str, Any]) -> None:
    assert judge(replace(FACTS, **changes)) == ()


@pytest.mark.parametrize(("changes", "severity", "what", "hint"), CASES)
def test_what_is_wrong_is_told_with_a_hint(changes: dict[str, Any], severity: str, what: str, hint: str) -> None:
    (finding,) = judge(replace(FACTS, **changes))
    assert finding.severity == severity
    assert what in finding.what
    assert hint in (finding.hint or "")
    assert not finding.what.endswith(".")


def test_the_worst_comes_first() -> None:
    changed = replace(FACTS, encoding="ascii", torch=Unknown("gone"), speeds=replace(SPEEDS, memory=Unknown("why")))
    assert [finding.severity for finding in judge(changed)] == ["error", "warning", "note"]


def test_every_section_has_a_rule_and_may_be_unknown() -> None:
    assert {name for name, _ in RULES} == {field.name for field in fields(Facts)}
    nothing = {name: Unknown("the disk is on fire") for name, _ in RULES if name != "encoding"}
    findings = judge(replace(FACTS, **nothing))  # type: ignore[arg-type]  # sections differ in what they are
    assert len(findings) == len(nothing)
    assert all("the disk is on fire" in finding.what for finding in findings)
