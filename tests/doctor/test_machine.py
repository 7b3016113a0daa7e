"""Memory and GPUs, with and without a driver."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glmv_cli.doctor.machine import nvidia_cards, read_graphics, read_memory
from glmv_cli.placement.hardware import Machine, probe

NO_GPU = Machine((), 0, 0, 1)


class NVMLError(Exception):
    pass


def nvml(**functions: object) -> SimpleNamespace:
    """The functions of ``pynvml`` that are used; ``functions`` are others in their place."""
    usual = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "570.86",
        "nvmlSystemGetCudaDriverVersion_v2": lambda: 12080,
    }
    return SimpleNamespace(NVMLError=NVMLError, **usual | functions)


def fails() -> None:
    raise NVMLError("Driver Not Loaded")


def test_memory_of_this_machine() -> None:
    machine = probe()
    memory = read_memory(machine)
    assert (memory.total, memory.available) == (machine.memory, machine.available)
    assert 0 <= memory.swap_used <= memory.swap


def test_the_driver_and_its_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlSystemGetDriverVersion=lambda: b"470.1"))  # as older releases
    found = read_graphics(NO_GPU, {"CUDA_VISIBLE_DEVICES": "0"})
    assert (found.driver, found.driver_cuda, found.problem, found.visible) == ("470.1", "12.8", None, "0")


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (nvml(nvmlInit=fails), "Driver Not Loaded"),
        (nvml(nvmlSystemGetDriverVersion=fails), "Driver Not Loaded"),
        (None, "pynvml"),
    ],
)
def test_why_there_is_no_driver(module: object, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    found = read_graphics(NO_GPU, {})
    assert (found.driver, found.driver_cuda, found.visible) == (None, None, None)
    assert problem in str(found.problem)


def test_cards_on_the_bus_are_counted_without_their_driver(tmp_path: Path) -> None:
    devices = {"0": ("0x10de", "0x030000"), "1": ("0x10de", "0x040300"), "2": ("0x8086", "0x030000")}
    for name, (vendor, kind) in devices.items():
        folder = tmp_path / "sys/bus/pci/devices" / name
        folder.mkdir(parents=True)
        (folder / "vendor").write_text(vendor + "\n")
        (folder / "class").write_text(kind + "\n")
    assert nvidia_cards(tmp_path) == 1
    assert nvidia_cards(tmp_path / "nowhere") == 0
