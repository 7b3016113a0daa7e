"""The released models' configs, and machines to plan for."""

from __future__ import annotations

from pathlib import Path

from glmv_cli.placement.hardware import Machine, simulated
from glmv_cli.units import GIB

CONFIGS = Path(__file__).parent.parent / "data" / "configs"
RELEASED = tuple(sorted(path.stem for path in CONFIGS.glob("*.json")))


def machine(gpus: tuple[int, ...], memory: int) -> Machine:
    """With GPUs and a main memory of so many GiB."""
    real = Machine((), 0, 0, cpus=8)
    return simulated([size * GIB for size in gpus], memory * GIB, real)
