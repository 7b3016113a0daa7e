"""What ``glmv doctor`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import TypeVar

from glmv_cli.doctor.facts import (
    Configuration,
    Facts,
    GpuKernel,
    Graphics,
    Kept,
    Kernel,
    Memory,
    Models,
    Place,
    Processing,
    Software,
    Speeds,
    TorchBuild,
    Trouble,
    Unknown,
)
from glmv_cli.doctor.finding import Finding
from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.table import aligned
from glmv_cli.units import format_bytes

Section = TypeVar("Section")

_SHOWN = ("transformers", "accelerate", "tokenizers", "safetensors", "numpy", "av", "pillow", "bitsandbytes", "triton")
"""Packages that are told of even if all is well with them; torch has a line of its own."""
_WIDTH = 86
"""Columns of a sentence, beside its title."""


def doctor_text(facts: Facts, findings: Sequence[Finding]) -> str:
    """One screen: a line or two for each section, then what is wrong."""
    rows: list[list[str]] = []
    for title, sentences in _sections(facts):
        lines = [
            line for sentence in sentences for line in wrap(visible_line(sentence), _WIDTH, subsequent_indent="  ")
        ]
        rows += [[title if index == 0 else "", line] for index, line in enumerate(lines)]
    return aligned(rows) + "\n" + ("\n".join(map(_finding, findings)) or "Nothing is wrong.\n")


def doctor_json(facts: Facts, findings: Sequence[Finding]) -> str:
    """One object: the facts by section (bytes, bytes a second; ``{"why": …}`` for what is unknown), the findings, and
    whether glmv can answer.
    """
    answers = all(finding.severity != "error" for finding in findings)
    record = asdict(facts) | {"findings": [asdict(finding) for finding in findings], "ok": answers}
    return json_text(record, "ascii", pretty=True)


def _finding(finding: Finding) -> str:
    hint = "" if finding.hint is None else f"hint: {visible_line(finding.hint)}\n"
    return f"{finding.severity}: {visible_line(finding.what)}\n{hint}"


def _sections(facts: Facts) -> Iterator[tuple[str, Iterator[str]]]:
    yield "kernel", _told(facts.kernel, _kernel)
    yield "on GPUs", _told(facts.gpu_kernels, _gpu_kernels)
    yield "processor", _told(facts.processing, _processing)
    yield "memory", _told(facts.memory, _memory)
    yield "speed", _told(facts.speeds, _speeds)
    yield "GPU", _told(facts.graphics, _graphics)
    yield "torch", _told(facts.torch, _torch)
    yield "versions", _told(facts.software, _software)
    yield "settings", _told(facts.configuration, _configuration)
    yield "places", _told(facts.places, _places)
    yield "history", _told(facts.history, _history)
    yield "models", _told(facts.models, _models)


def _told(section: Section | Unknown, tell: Callable[[Section], Iterator[str]]) -> Iterator[str]:
    return iter([f"unknown: {section.why}"]) if isinstance(section, Unknown) else tell(section)


def _kernel(kernel: Kernel) -> Iterator[str]:
    yield f"{'none' if kernel.trouble else kernel.name or 'torch'}: {kernel.why}"
    if kernel.others:
        yield f"GLMV_KERNEL could choose {', '.join(kernel.others)}"


def _gpu_kernels(kernels: Sequence[GpuKernel]) -> Iterator[str]:
    for kernel in kernels:
        yield f"{kernel.index}: {'kernels of Triton' if kernel.triton else 'torch'}: {kernel.why}"
    if not kernels:
        yield "nothing: torch finds none"


def _processing(processing: Processing) -> Iterator[str]:
    processors, threads = processing.processors, processing.threads
    slow = len(processors.cores) - len(processors.fast_cores)
    counts = f"{_count(len(processors.cores), 'core')}{f' ({slow} of them slow)' if slow else ''}"
    siblings = f", {processors.cpus} logical processors" if processors.cpus != len(processors.cores) else ""
    nodes = f", {processors.nodes} NUMA nodes" if processors.nodes > 1 else ""
    quota = f", time of {processors.quota:g}" if processors.quota is not None else ""
    yield f"{processors.model}: {counts}{siblings}{nodes}{quota}"
    yield ", ".join(processors.features) or "none of the instructions that matter"
    if not isinstance(threads, Trouble):
        bound = f", bound to processors {', '.join(map(str, threads.cpus))}" if threads.cpus else ""
        yield f"{_count(threads.count, 'thread')}: {threads.why}{bound}"


def _memory(memory: Memory) -> Iterator[str]:
    limit = f", limited to {format_bytes(memory.limit)}" if memory.limit is not None else ""
    swap = f"{format_bytes(memory.swap_used)} of {format_bytes(memory.swap)} swap used" if memory.swap else "no swap"
    yield f"{format_bytes(memory.total)}{limit}, {format_bytes(memory.available)} of it free; {swap}"


def _speeds(speeds: Speeds) -> Iterator[str]:
    yield f"memory {_rate(speeds.memory)}"
    yield f"disk of the models {'not measured: no model is kept' if speeds.disk is None else _rate(speeds.disk)}"


def _rate(speed: int | Unknown) -> str:
    return f"unknown: {speed.why}" if isinstance(speed, Unknown) else f"{speed / 1e9:.1f} GB/s, measured"


def _graphics(graphics: Graphics) -> Iterator[str]:
    for gpu in graphics.gpus:
        yield f"{gpu.index}: {gpu.name}, {format_bytes(gpu.total)}, {format_bytes(gpu.free)} of it free"
    if graphics.driver is not None:
        yield f"driver {graphics.driver}, for CUDA up to {graphics.driver_cuda}"
    if not graphics.gpus:
        yield f"none that can be used{f'; {graphics.cards} on the bus' if graphics.cards else ''}"


def _torch(torch: TorchBuild) -> Iterator[str]:
    build = f"built for CUDA {torch.cuda}" if torch.cuda else "built for CPUs only"
    yield f"{torch.version}, {build}{', finds a GPU' if torch.usable else ''}"


def _software(software: Software) -> Iterator[str]:
    shown = (package for package in software.packages if package.name in _SHOWN or not package.fits)
    names = (f"{package.name} {package.version or 'missing'}" for package in shown)
    yield ", ".join((f"glmv {software.glmv}", f"Python {software.python}", *names))


def _configuration(configuration: Configuration) -> Iterator[str]:
    yield f"{configuration.file or 'nowhere: no home directory'}{'' if configuration.exists else ' (does not exist)'}"
    if configuration.settings:
        yield "; ".join(f"{setting.name} = {setting.value} ({setting.origin})" for setting in configuration.settings)
    if configuration.variables:
        yield "; ".join(f"{variable.name}={variable.value}" for variable in configuration.variables)


def _places(places: Sequence[Place]) -> Iterator[str]:
    for place in places:
        state = "can be written" if place.writable else "cannot be written"
        there = "" if place.exists else " (does not exist)"
        yield f"{place.what}: {place.path or 'nowhere'}{there}, {state}, {format_bytes(place.free)} free"


def _history(history: Kept) -> Iterator[str]:
    there = "does not exist" if history.size is None else format_bytes(history.size)
    kept = "" if history.wanted else "; nothing more is kept"
    yield f"{history.path or 'nowhere'}: {there}, {_count(history.conversations, 'conversation')}{kept}"


def _models(models: Models) -> Iterator[str]:
    rate = f", at most about {models.rate:,.1f} tokens/s by the speed of memory" if models.rate is not None else ""
    yield f"{models.default} answers by default{rate}"
    yield f"{_count(models.complete, 'model')} kept beside the demo, {len(models.unfinished)} unfinished"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
