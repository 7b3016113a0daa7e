"""What a machine has is found without a GPU driver, within a container, and through NVML."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glmv_cli.placement import hardware
from glmv_cli.placement.hardware import Gpu, Machine, cgroup_memory, probe, simulated
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


def groups(tmp_path: Path, own: str, files: dict[str, str]) -> tuple[int, int] | None:
    """:func:`cgroup_memory` of a process that ``own`` describes, with these files below the mount."""
    (tmp_path / "own").write_text(own)
    for name, content in files.items():
        file = tmp_path / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return cgroup_memory(tmp_path / "cgroup", tmp_path / "own")


def test_version_2_counts_file_pages_as_free(tmp_path: Path) -> None:
    files = {"a/memory.max": "1000\n", "a/memory.current": "700\n", "a/memory.stat": "anon 100\ninactive_file 300\n"}
    assert groups(tmp_path, "0::/a\n", files) == (1000, 600)


def test_version_1(tmp_path: Path) -> None:
    own = "12:cpu,cpuacct:/a\n5:memory:/a\n"
    files = {
        "memory/a/memory.limit_in_bytes": "1000\n",
        "memory/a/memory.usage_in_bytes": "700\n",
        "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
    }
    assert groups(tmp_path, own, files) == (1000, 400)


def test_the_tightest_group_above_counts(tmp_path: Path) -> None:
    files = {
        "a/b/memory.max": "max\n",
        "a/b/memory.current": "10\n",
        "a/memory.max": "500\n",
        "a/memory.current": "480\n",
        "memory.max": "1000\n",
        "memory.current": "100\n",
    }
    assert groups(tmp_path, "0::/a/b\n", files) == (500, 20)


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/a\n", {}),
        ("0::/a\n", {"a/memory.max": "max\n", "a/memory.current": "7\n"}),
        (
            "5:memory:/a\n",
            {"memory/a/memory.limit_in_bytes": f"{2**63 - 4096}\n", "memory/a/memory.usage_in_bytes": "7\n"},
        ),
        ("nonsense\n", {}),
    ],
)
def test_no_limit(own: str, files: dict[str, str], tmp_path: Path) -> None:
    assert groups(tmp_path, own, files) is None


def test_no_control_groups_at_all(tmp_path: Path) -> None:
    assert cgroup_memory(tmp_path, tmp_path / "missing") is None


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
