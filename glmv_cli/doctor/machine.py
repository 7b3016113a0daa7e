"""Memory and GPUs of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glmv_cli.doctor.facts import Graphics, Memory
from glmv_cli.placement.cgroup import cgroup_memory
from glmv_cli.placement.hardware import Machine

_NVIDIA, _DISPLAY = "0x10de", "0x03"
"""A vendor, and how the class of a display controller begins, as in sysfs."""


def read_memory(machine: Machine) -> Memory:
    """Of this process, now."""
    import resource

    import psutil

    swap = psutil.swap_memory()
    limit = cgroup_memory()
    address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
    return Memory(
        machine.memory,
        machine.available,
        None if limit is None else limit[0],
        swap.total,
        swap.used,
        None if address_space == resource.RLIM_INFINITY else address_space,
    )


def read_graphics(machine: Machine, environ: Mapping[str, str]) -> Graphics:
    """NVIDIA's GPUs: what is on the bus, and what the driver tells."""
    driver, cuda, problem = _driver()
    return Graphics(
        machine.gpus, nvidia_cards(), driver, cuda, problem, environ.get("CUDA_VISIBLE_DEVICES")
    )  # fmt: skip


def nvidia_cards(root: Path = Path("/")) -> int:
    """How many there are on the PCI bus of the machine whose file system begins at ``root``."""
    devices = (root / "sys/bus/pci/devices").glob("*")
    return sum(_text(d / "vendor") == _NVIDIA and _text(d / "class").startswith(_DISPLAY) for d in devices)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _driver() -> tuple[str | None, str | None, str | None]:
    """Version, the newest CUDA that it runs, and why neither is known."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception as error:  # the package is missing, or the driver: pynvml.NVMLError
        return None, None, str(error)
    try:
        version = pynvml.nvmlSystemGetDriverVersion()
        number = pynvml.nvmlSystemGetCudaDriverVersion_v2()  # 12040: 12.4
        text = version.decode() if isinstance(version, bytes) else str(version)
        return text, f"{number // 1000}.{number % 1000 // 10}", None
    except pynvml.NVMLError as error:
        return None, None, str(error)
    finally:
        pynvml.nvmlShutdown()
