"""What a machine has is found without a GPU driver, and through NVML."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from glmv_cli.placement import hardware
from glmv_cli.placement.hardware import Gpu, Machine, probe, simulated
from glmv_cli.units import GIB


class NVMLError(Exception):
    pass


class FakeNvml(SimpleNamespace):
    """The functions of ``pynvml`` that are used, for two GPUs or, without ``driver``, none."""

    NVMLError = NVMLError
    NVML_CLOCK_MEM = 2

    def __init__(self, driver: bool = True, clocks: bool = True) -> None:
        super().__init__(driver=driver, clocks=clocks, open=0)

    def nvmlInit(self) -> None:
        if not self.driver:
            raise NVMLError("Driver Not Loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(total=24 * GIB, free=(20 + handle) * GIB)

    def nvmlDeviceGetMaxClockInfo(self, handle: int, clock: int) -> int:
        if not self.clocks:
            raise NVMLError("Not Supported")
        return 10_501  # MHz, as an RTX 4090 says

    def nvmlDeviceGetMemoryBusWidth(self, handle: int) -> int:
        return 384

    def nvmlDeviceGetName(self, handle: int) -> bytes | str:
        return b"RTX" if handle else "RTX"  # older releases give bytes

    def nvmlDeviceGetUUID(self, handle: int) -> str:
        return f"GPU-{handle}0abc"


def gpus_with(nvml: object, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> tuple[Gpu, ...]:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return probe(environ).gpus


def test_gpus_come_from_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml()
    first, second = gpus_with(nvml, monkeypatch, {})
    assert first == Gpu(0, "RTX", 24 * GIB, 20 * GIB, 2 * 10_501 * 10**6 * 48)
    assert (second.index, second.free) == (1, 21 * GIB)
    assert nvml.open == 0


def test_a_gpu_without_clocks_gets_a_bandwidth_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = gpus_with(FakeNvml(clocks=False), monkeypatch, {})
    assert first.bandwidth == 36 * 24 * GIB


def test_no_driver_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpus_with(FakeNvml(driver=False), monkeypatch, {}) == ()


def test_no_nvml_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpus_with(None, monkeypatch, {}) == ()


@pytest.mark.parametrize(
    ("visible", "free"),
    [("", []), ("1", [21]), ("1,0", [21, 20]), ("GPU-1", [21]), ("0,-1,1", [20]), ("-1", []), ("7", [])],
)
def test_cuda_visible_devices_is_respected(visible: str, free: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = gpus_with(FakeNvml(), monkeypatch, {"CUDA_VISIBLE_DEVICES": visible})
    assert [gpu.free for gpu in gpus] == [size * GIB for size in free]
    assert [gpu.index for gpu in gpus] == list(range(len(free)))


def test_this_machine_has_memory_and_a_processor() -> None:
    machine = probe()
    assert 0 < machine.available <= machine.memory
    assert machine.cpus > 0
    assert not machine.simulated


def test_a_container_limits_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cgroup_memory", lambda: (100, 40))
    assert (probe({}).memory, probe({}).available) == (100, 40)


def test_what_is_simulated_is_not_what_there_is() -> None:
    real = Machine((Gpu(0, "real", 8 * GIB, 8 * GIB, 1),), 16 * GIB, 9 * GIB, 4)
    both = simulated((24 * GIB,), 64 * GIB, real)
    assert [gpu.total for gpu in both.gpus] == [24 * GIB]
    assert both.gpus[0].free < 24 * GIB
    assert (both.memory, both.simulated) == (64 * GIB, True)
    assert both.available < 64 * GIB
    assert simulated(None, 64 * GIB, real).gpus == real.gpus
    assert simulated((), None, real).available == real.available
    assert simulated((0,), None, real).gpus == ()
    assert simulated((), None, real).gpus == ()
