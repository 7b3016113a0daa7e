"""What is known about a machine and an installation. Frozen values; sizes are bytes, speeds bytes a second."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.placement.hardware import Gpu
from glmv_cli.placement.processors import Processors
from glmv_cli.placement.threads import Threads


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stands for what could not be found out."""

    why: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that a command would end with."""

    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Kernel:
    """What computes 4-bit products on the CPU. ``name``: None is torch."""

    name: str | None
    why: str
    others: tuple[str, ...]
    """What could be chosen instead, as in ``GLMV_KERNEL``."""
    library: str | None
    """Why there is no C library; None: it is there."""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class GpuKernel:
    """What computes 4-bit products on one GPU: Triton's kernels, or torch."""

    index: int
    triton: bool
    why: str


@dataclass(frozen=True, slots=True)
class Processing:
    """``threads``: as the settings have it, or why they cannot be had. ``load``: programs that want to run, on average
    over the last minute.
    """

    processors: Processors
    threads: Threads | Trouble
    load: float


@dataclass(frozen=True, slots=True)
class Speeds:
    """Measured. ``disk``: of the models' disk, past the system's cache; None: there is nothing large to read."""

    memory: int | Unknown
    disk: int | Unknown | None


@dataclass(frozen=True, slots=True)
class Memory:
    """``total`` and ``available``: of the machine or the container. ``limit``: the container's."""

    total: int
    available: int
    limit: int | None
    swap: int
    swap_used: int
    address_space: int | None
    """How much a process may map (``ulimit -v``); None: as much as it likes."""


@dataclass(frozen=True, slots=True)
class Graphics:
    """NVIDIA's GPUs. ``gpus``: those that the driver tells of and ``CUDA_VISIBLE_DEVICES`` does not hide."""

    gpus: tuple[Gpu, ...]
    cards: int
    """How many are on the PCI bus, whatever the driver says."""
    driver: str | None
    driver_cuda: str | None
    """The newest CUDA that the driver runs."""
    problem: str | None
    """Why the driver tells nothing."""
    visible: str | None
    """``CUDA_VISIBLE_DEVICES``."""


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """``cuda``: what it was built for. ``usable``: it finds a GPU."""

    version: str
    cuda: str | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Package:
    """``version`` None: it is not installed. ``wanted``: the range that glmv asks for; empty: any."""

    name: str
    version: str | None
    wanted: str
    fits: bool


@dataclass(frozen=True, slots=True)
class Software:
    """``reinstall``: the command that installs glmv again, from where it came."""

    glmv: str
    python: str
    packages: tuple[Package, ...]
    reinstall: str
    pip: str
    """The command of this installation's pip."""
    compiler: str | None
    get_compiler: str | None
    """The command that installs one here; None: it is not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory that glmv keeps something in. ``path`` None: there is no home directory."""

    what: str
    path: str | None
    exists: bool
    writable: bool
    free: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The history. ``path`` None: there is no home directory; ``size``: of the file, None: there is none.
    ``wanted``: whether what is asked from here on is kept.
    """

    path: str | None
    size: int | None
    conversations: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that somebody made; ``origin`` is the variable or file."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """``variables``: those of other programs that count here too. ``strangers``: ``GLMV_*`` that mean nothing, each
    with the one that is nearest.
    """

    file: str | None
    exists: bool
    settings: tuple[Setting, ...]
    variables: tuple[Setting, ...]
    strangers: tuple[tuple[str, str | None], ...]
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A directory with work that was cut off. ``finish``, ``discard``: the commands."""

    path: str
    finish: str
    discard: str


@dataclass(frozen=True, slots=True)
class Models:
    """``default``: the model that answers without ``-m``. ``trouble``: why it cannot. ``rate``: at most so many tokens
    a second; None for the demo, which no memory holds up.
    """

    default: str
    complete: int
    unfinished: tuple[Unfinished, ...]
    trouble: Trouble | None
    rate: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything, by section."""

    kernel: Kernel | Unknown
    gpu_kernels: tuple[GpuKernel, ...] | Unknown
    processing: Processing | Unknown
    memory: Memory | Unknown
    speeds: Speeds | Unknown
    graphics: Graphics | Unknown
    torch: TorchBuild | Unknown
    software: Software | Unknown
    configuration: Configuration | Unknown
    places: tuple[Place, ...] | Unknown
    history: Kept | Unknown
    models: Models | Unknown
    encoding: str
    """Of standard output."""
