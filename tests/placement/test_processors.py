"""Processors are told apart from cores, fast cores from slow ones, near memory from far, by the files of the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.placement.processors import Core, cpu_list, read_processors
from tests.placement.machine_files import write_machine


def test_logical_processors_of_a_core_belong_together(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0,2", "1,3"])
    found = read_processors(root, frozenset(range(4)))
    assert found.cores == (Core((0, 2)), Core((1, 3)))
    assert (found.cpus, found.nodes, found.quota) == (4, 1, None)


def test_what_the_process_may_not_use_is_left_out(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0,2", "1,3"])
    assert read_processors(root, frozenset({1, 2, 3})).cores == (Core((1, 3)), Core((2,)))


def test_efficiency_cores_of_intel(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0-1", "2-3", "4", "5"], files={"sys/devices/cpu_core/cpus": "0-3\n"})
    found = read_processors(root, frozenset(range(6)))
    assert [core.cpus for core in found.fast_cores] == [(0, 1), (2, 3)]
    assert len(found.cores) == 4


def test_only_efficiency_cores_are_fast_enough(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0-1", "4", "5"], files={"sys/devices/cpu_core/cpus": "0-1\n"})
    assert len(read_processors(root, frozenset({4, 5})).fast_cores) == 2


def test_little_cores_of_arm(tmp_path: Path) -> None:
    capacities = {0: 280, 1: 280, 2: 900, 3: 1024}
    files = {f"sys/devices/system/cpu/cpu{cpu}/cpu_capacity": f"{size}\n" for cpu, size in capacities.items()}
    root = write_machine(tmp_path, ["0", "1", "2", "3"], files=files)
    assert [core.cpus for core in read_processors(root, frozenset(range(4))).fast_cores] == [(2,), (3,)]


def test_nodes_of_memory(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0,4", "1,5", "2,6", "3,7"], nodes=["0-1,4-5", "2-3,6-7"])
    found = read_processors(root, frozenset(range(8)))
    assert [core.node for core in found.cores] == [0, 0, 1, 1]
    assert found.nodes == 2
    assert read_processors(root, frozenset({0, 1})).nodes == 1


def test_the_time_that_a_container_gets(tmp_path: Path) -> None:
    root = write_machine(tmp_path, ["0", "1"], files={"sys/fs/cgroup/cpu.max": "150000 100000\n"})
    assert read_processors(root, frozenset({0, 1})).quota == 1.5


def test_model_and_features(tmp_path: Path) -> None:
    found = read_processors(write_machine(tmp_path, ["0"]), frozenset({0}))
    assert found.model == "Fast CPU 9000"
    assert found.features == ("AVX2", "AVX-VNNI", "AVX-512", "AMX-INT8")


def test_features_of_arm(tmp_path: Path) -> None:
    info = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n\nprocessor\t: 1\n"
    found = read_processors(write_machine(tmp_path, ["0"], files={"proc/cpuinfo": info}), frozenset({0}))
    assert found.features == ("NEON", "dotprod", "I8MM")
    assert found.model


def test_without_any_file_every_processor_is_a_core(tmp_path: Path) -> None:
    found = read_processors(tmp_path, frozenset({0, 3}))
    assert found.cores == (Core((0,)), Core((3,)))
    assert (found.features, found.quota) == ((), None)


def test_files_of_nonsense_are_as_good_as_none(tmp_path: Path) -> None:
    files = {"sys/devices/cpu_core/cpus": "many", "sys/devices/system/cpu/cpu0/cpu_capacity": "?"}
    found = read_processors(write_machine(tmp_path, ["0"], nodes=["x-y"], files=files), frozenset({0}))
    assert found.cores == (Core((0,)),)


def test_this_machine() -> None:
    found = read_processors()
    assert 1 <= len(found.fast_cores) <= len(found.cores) <= found.cpus


@pytest.mark.parametrize(
    ("text", "numbers"), [("0-3,8\n", {0, 1, 2, 3, 8}), ("5", {5}), ("", set()), ("0,2-3", {0, 2, 3})]
)
def test_sets_as_the_kernel_writes_them(text: str, numbers: set[int]) -> None:
    assert cpu_list(text) == numbers
