"""What can be wrong with processors, memory and GPUs. Pure functions: a section of the facts → findings."""

from __future__ import annotations

from collections.abc import Iterator

from glmv_cli.doctor.facts import Facts, Graphics, Memory, Processing, Software, Speeds, TorchBuild, Trouble, Unknown
from glmv_cli.doctor.finding import Finding
from glmv_cli.placement.threads import OPENMP, sensible
from glmv_cli.units import GIB, format_bytes

SLOW_MEMORY = 10 * 10**9
"""Bytes a second: half of what one channel of DDR4 delivers."""
_BUSY = 0.5
"""Programs that want to run, for each processor."""
_LITTLE = 2 * GIB
"""Of free memory: interpreter, libraries and a picture take most of that."""


def judge_processing(processing: Processing, facts: Facts) -> Iterator[Finding]:
    """Threads against processors."""
    threads, processors = processing.threads, processing.processors
    if isinstance(threads, Trouble):
        yield Finding("error", threads.message, threads.hint)
        return
    best, why = sensible(processors)
    unset = "unset OMP_NUM_THREADS" if threads.why == OPENMP else f"leave out what {threads.why} says"
    if threads.count < best:
        yield Finding(
            "warning",
            f"{threads.count} of {best} threads that suit this machine compute, as {threads.why} says",
            f"{unset}, for {best} ({why})",
        )
    elif processors.quota is not None and threads.count > max(best, processors.quota):
        yield Finding(
            "warning",
            f"{threads.count} threads share the time of {processors.quota:g} processors, which the container gets",
            f"{unset}, for {best}",
        )
    if processing.load > _BUSY * processors.cpus:
        yield Finding(
            "warning",
            f"other programs want {processing.load:.1f} processors, of {processors.cpus}",
            "'top' shows which; answers come faster without them",
        )
    if processors.nodes > 1:
        yield Finding(
            "note",
            f"the processors belong to {processors.nodes} NUMA nodes: weights lie where they were first read",
            "'numactl --interleave=all glmv …' spreads them; files that are cached already keep their place "
            "until 'echo 1 | sudo tee /proc/sys/vm/drop_caches'. --pin keeps threads on their node",
        )


def judge_memory(memory: Memory, facts: Facts) -> Iterator[Finding]:
    """Room for a model."""
    if memory.address_space is not None and memory.address_space < memory.total:
        yield Finding(
            "warning",
            f"a process may map {format_bytes(memory.address_space)} only: larger models cannot be opened",
            "run 'ulimit -v unlimited' before glmv",
        )
    if memory.available < _LITTLE:
        yield Finding(
            "warning",
            f"only {format_bytes(memory.available)} of {format_bytes(memory.total)} memory are free",
            "close other programs, or give the container more; 'glmv plan' shows what a model needs",
        )
    if memory.swap_used > memory.total // 4:
        yield Finding(
            "warning",
            f"{format_bytes(memory.swap_used)} of other programs' memory are swapped out",
            "close some: a model that takes their place waits for the disk",
        )


def judge_speeds(speeds: Speeds, facts: Facts) -> Iterator[Finding]:
    """Memory bandwidth is what decoding lives from."""
    if isinstance(speeds.memory, Unknown):
        yield Finding("note", f"the speed of the memory could not be measured: {speeds.memory.why}", None)
    elif speeds.memory < SLOW_MEMORY:
        yield Finding(
            "warning",
            f"memory is read at {speeds.memory / 1e9:.1f} GB/s, less than one channel of DDR4 delivers",
            "run this again when nothing else runs; 'sudo dmidecode -t memory' shows whether every channel has a "
            "module; a virtual machine may need more processors",
        )


def judge_graphics(graphics: Graphics, facts: Facts) -> Iterator[Finding]:
    """A GPU that is there should be used."""
    if graphics.visible is not None and graphics.cards and not graphics.gpus and graphics.problem is None:
        yield Finding(
            "note", f"CUDA_VISIBLE_DEVICES={graphics.visible} hides every GPU", "run 'unset CUDA_VISIBLE_DEVICES'"
        )
    if graphics.problem is not None and graphics.cards:
        yield Finding(
            "warning",
            f"there is an NVIDIA GPU, but its driver does not answer: {graphics.problem}",
            "'nvidia-smi' should list it; install NVIDIA's driver, or give the container the GPU "
            "(docker run --gpus all)",
        )


def judge_torch(torch: TorchBuild, facts: Facts) -> Iterator[Finding]:
    """It must be built for the GPU, if there is one."""
    graphics = facts.graphics
    if isinstance(graphics, Unknown) or not graphics.gpus or torch.usable:
        return
    if torch.cuda is None:
        yield Finding(
            "warning",
            f"torch {torch.version} is built without CUDA, so the GPU is not used",
            f"'{_pip(facts)} install --force-reinstall torch' takes a build with CUDA on Linux, of several GB; "
            "https://pytorch.org/get-started/locally has one for each driver",
        )
    else:
        yield _mismatch(graphics, torch)


def _mismatch(graphics: Graphics, torch: TorchBuild) -> Finding:
    able = f"driver {graphics.driver} runs CUDA {graphics.driver_cuda}" if graphics.driver else "the driver is unknown"
    return Finding(
        "warning",
        f"torch finds no GPU, so none is used: torch {torch.version} is built for CUDA {torch.cuda}, and {able}",
        "install a newer driver, or a build of torch for this one: https://pytorch.org/get-started/locally",
    )


def _pip(facts: Facts) -> str:
    return facts.software.pip if isinstance(facts.software, Software) else "pip"
