"""Limits of containers, both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.placement.cgroup import cgroup_cpus, cgroup_memory


def tree(tmp_path: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """The mount with these files below it, and what describes a process's own groups."""
    (tmp_path / "own").write_text(own)
    for name, content in files.items():
        file = tmp_path / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return tmp_path / "cgroup", tmp_path / "own"


def groups(tmp_path: Path, own: str, files: dict[str, str]) -> tuple[int, int] | None:
    return cgroup_memory(*tree(tmp_path, own, files))


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
    assert cgroup_cpus(tmp_path, tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("own", "files", "cpus"),
    [
        ("0::/a\n", {"a/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "200000 100000\n"}, 2.0),
        ("0::/a\n", {"a/cpu.max": "max 100000\n"}, None),
        ("0::/a\n", {"a/cpu.max": "nonsense\n"}, None),
        ("0::/not/visible/here\n", {"cpu.max": "50000 100000\n"}, 0.5),
        (
            "3:cpu,cpuacct:/a\n2:memory:/\n",
            {"cpu/a/cpu.cfs_quota_us": "300000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
            3.0,
        ),
        ("3:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, None),
        ("2:memory:/a\n", {"a/cpu.max": "100000 100000\n"}, None),
    ],
)
def test_the_time_of_processors(own: str, files: dict[str, str], cpus: float | None, tmp_path: Path) -> None:
    assert cgroup_cpus(*tree(tmp_path, own, files)) == cpus
