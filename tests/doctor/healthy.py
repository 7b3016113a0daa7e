"""The facts of a machine with which nothing is wrong; tests change what they are about."""

from __future__ import annotations

from glmv_cli.doctor.facts import (
    Configuration,
    Facts,
    GpuKernel,
    Graphics,
    Kept,
    Kernel,
    Memory,
    Models,
    Package,
    Place,
    Processing,
    Software,
    Speeds,
    TorchBuild,
)
from glmv_cli.placement.hardware import Gpu
from glmv_cli.placement.processors import Core, Processors
from glmv_cli.placement.threads import Threads
from glmv_cli.units import GIB, MIB

GPU = Gpu(0, "RTX", 24 * GIB, 23 * GIB, 10**12)
KERNEL = Kernel("exact:avx512", "the fastest exact one", ("exact:avx2", "torch"), None)
GPU_KERNELS = (GpuKernel(0, True, "Triton works here"),)
PROCESSING = Processing(
    Processors(tuple(Core((cpu, cpu + 8)) for cpu in range(8)), None, "Fast CPU 9000", ("AVX2",)),
    Threads(8, "one for each core"),
    0.3,
)
MEMORY = Memory(64 * GIB, 60 * GIB, None, 8 * GIB, 0, None)
SPEEDS = Speeds(60 * 10**9, 3 * 10**9)
GRAPHICS = Graphics((GPU,), 1, "570.86", "12.8", None, None)
TORCH = TorchBuild("2.13.0", "12.8", usable=True)
SOFTWARE = Software(
    "0.1.0",
    "3.11.7",
    (Package("torch", "2.13.0", ">=2.8", fits=True), Package("transformers", "5.23.0", "<6,>=5.20", fits=True)),
    "python -m pip install --force-reinstall --no-deps /src/glmv",
    "python -m pip",
    "/usr/bin/cc",
    "sudo apt-get install gcc",
)
CONFIGURATION = Configuration("/home/a/.config/glmv/config.toml", True, (), (), (), None)
PLACES = (
    Place("configuration", "/home/a/.config/glmv", True, True, 100 * GIB),
    Place("models", "/home/a/.local/share/glmv/models", True, True, 100 * GIB),
)
KEPT = Kept("/home/a/.local/share/glmv/history.db", 3 * MIB, 12, True)
MODELS = Models("small", 1, (), None, 12.5)
FACTS = Facts(
    KERNEL, GPU_KERNELS, PROCESSING, MEMORY, SPEEDS, GRAPHICS, TORCH, SOFTWARE, CONFIGURATION, PLACES, KEPT, MODELS,
    "utf-8",
)  # fmt: skip
