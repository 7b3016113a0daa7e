"""All facts. Whatever fails is :class:`Unknown`, and the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from glmv_cli.config import DEFAULTS
from glmv_cli.doctor import keeping, machine, software, speeds
from glmv_cli.doctor.facts import Facts, GpuKernel, Models, Processing, Speeds, TorchBuild, Trouble, Unknown
from glmv_cli.errors import GlmvError
from glmv_cli.placement.hardware import Machine, probe
from glmv_cli.placement.processors import read_processors
from glmv_cli.placement.threads import Threads, choose_threads
from glmv_cli.store.paths import models_path

Fact = TypeVar("Fact")


def attempt(probe: Callable[[], Fact]) -> Fact | Unknown:
    """What ``probe`` finds, or why it finds nothing."""
    try:
        return probe()
    except GlmvError as error:
        return Unknown(error.message)
    except Exception as error:  # the doctor is asked when something is wrong: nothing may stop it
        return Unknown(f"{type(error).__name__}: {error}".rstrip(": "))


def collect(environ: Mapping[str, str], encoding: str, say: Callable[[str], None]) -> Facts:
    """Of this machine and process. ``say`` hears what takes long; ``encoding`` is that of standard output."""
    say("importing torch")
    torch = attempt(software.read_torch)
    kernel = attempt(software.read_kernel)
    gpu_kernels = attempt(lambda: _gpu_kernels(torch, say))
    hardware = attempt(lambda: probe(environ))
    configured = attempt(lambda: keeping.read_configuration(environ))
    configuration, settings, model_origin, threads_origin = (
        (configured, DEFAULTS, None, None) if isinstance(configured, Unknown) else configured
    )
    processing = attempt(lambda: _processing(settings.threads, settings.pin, environ, threads_origin))
    measured = _speeds(processing, hardware, environ, say)
    say("looking at the models")

    def models() -> Models:
        cuda = isinstance(torch, TorchBuild) and torch.usable
        bandwidth = None if isinstance(measured.memory, Unknown) else measured.memory
        able = keeping.usable(_known(hardware), cuda=cuda, bandwidth=bandwidth)
        return keeping.read_models(environ, settings, model_origin, able, Path.cwd())

    return Facts(
        kernel=kernel,
        gpu_kernels=gpu_kernels,
        processing=processing,
        memory=attempt(lambda: machine.read_memory(_known(hardware))),
        speeds=measured,
        graphics=attempt(lambda: machine.read_graphics(_known(hardware), environ)),
        torch=torch,
        software=attempt(software.read_software),
        configuration=configuration,
        places=attempt(lambda: keeping.read_places(environ)),
        history=attempt(lambda: keeping.read_history(environ, settings)),
        models=attempt(models),
        encoding=encoding,
    )


def _known(found: Machine | Unknown) -> Machine:
    if isinstance(found, Unknown):
        raise GlmvError(found.why)
    return found


def _gpu_kernels(torch: TorchBuild | Unknown, say: Callable[[str], None]) -> tuple[GpuKernel, ...]:
    if isinstance(torch, Unknown) or not torch.usable:
        return ()
    say("trying Triton on the GPU")
    return software.read_gpu_kernels()


def _processing(wished: int | None, pin: bool, environ: Mapping[str, str], origin: str | None) -> Processing:
    processors = read_processors()
    threads: Threads | Trouble
    try:
        threads = choose_threads(processors, wished, pin, environ, origin)
    except GlmvError as error:
        threads = Trouble(error.message, error.hint)
    return Processing(processors, threads, os.getloadavg()[0])


def _speeds(
    processing: Processing | Unknown,
    hardware: Machine | Unknown,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> Speeds:
    threads = processing.threads if isinstance(processing, Processing) else None
    count = threads.count if isinstance(threads, Threads) else 1
    say("measuring the memory")
    memory = attempt(lambda: speeds.memory_speed(count, _known(hardware).available))
    say("measuring the disk")
    root = models_path(environ)
    return Speeds(memory, attempt(lambda: None if root is None else speeds.disk_speed(root)))
