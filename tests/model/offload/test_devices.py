"""What of the machine a plan may count on, and which devices it opens."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest
import torch

from glmv_cli.model.offload import devices
from glmv_cli.model.offload.devices import Devices, usable_machine
from glmv_cli.model.offload.mover import HostMover
from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.plan import CPU
from glmv_cli.units import GIB, MIB

SIZE = 256 * MIB


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> int:
    """Of a machine that says so whatever happens: what is added to it is this process."""
    monkeypatch.setattr(devices, "probe", lambda: Machine((), 64 * GIB, GIB, 2))
    return GIB


def test_what_the_process_has_taken_counts_as_available(available: int) -> None:
    before = usable_machine()[0].available
    taken = bytearray(b"\x01") * SIZE
    assert usable_machine()[0].available - before > SIZE // 2
    assert before > available
    assert len(taken) == SIZE


def test_pages_of_a_mapped_file_are_not_counted_twice(available: int, tmp_path: Path) -> None:
    with (tmp_path / "weights").open("wb+") as file:
        file.truncate(SIZE)
        before = usable_machine()[0].available
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            assert sum(mapped[start] for start in range(0, SIZE, mmap.PAGESIZE)) == 0
            assert abs(usable_machine()[0].available - before) < SIZE // 4


def test_no_more_is_available_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "probe", lambda: Machine((), GIB, GIB, 2))
    assert usable_machine()[0].available == GIB


def test_a_device_is_opened_once() -> None:
    opened: list[str] = []

    def opening(place: str) -> HostMover:
        opened.append(place)
        return HostMover()

    movers = Devices(torch.float32, opening)
    assert movers.mover("cuda:1") is movers.mover("cuda:1")
    assert movers.mover(CPU).dtype == torch.float32
    assert opened == ["cuda:1"]
