"""The limits of the control group that this process is in: main memory, and processors.

Versions 2 and 1: https://docs.kernel.org/admin-guide/cgroup-v2.html. The tightest group from the process's own up to
the root counts.
"""

from __future__ import annotations

from pathlib import Path

_ROOT, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cgroup_memory(root: Path = _ROOT, own: Path = _OWN) -> tuple[int, int] | None:
    """Bytes: the limit, and what is left of it; None: no limit."""
    found = [limit for folder in _groups(root, own, "memory") if (limit := _memory(folder)) is not None]
    return (min(total for total, _ in found), min(left for _, left in found)) if found else None


def cgroup_cpus(root: Path = _ROOT, own: Path = _OWN) -> float | None:
    """How many processors' time the group gets; None: no limit."""
    return min((quota for folder in _groups(root, own, "cpu") if (quota := _quota(folder)) is not None), default=None)


def _groups(root: Path, own: Path, controller: str) -> list[Path]:
    """The group's folder and those above it. Inside a container, the path may lead nowhere: then its root counts."""
    try:
        lines = own.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers or controller in controllers.split(","):
            base = root / controller if controllers else root
            parts = [part for part in path.split("/") if part not in ("", "..")]
            folders += [base.joinpath(*parts[:length]) for length in range(len(parts), -1, -1)]
    return folders


def _memory(folder: Path) -> tuple[int, int] | None:
    """Version 2, or 1: its limit, and how much of it is not used but for files' pages that can be dropped."""
    for limit_file, usage_file in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        limit, usage = _number(folder / limit_file), _number(folder / usage_file)
        if limit is not None and usage is not None and limit < 2**60:  # version 1 writes a huge number for "none"
            return limit, max(0, limit - max(0, usage - _inactive_file(folder)))
    return None


def _inactive_file(folder: Path) -> int:
    try:
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    numbers = {key: int(value) for key, value in (line.split() for line in lines if len(line.split()) == 2)}
    return numbers.get("total_inactive_file", numbers.get("inactive_file", 0))


def _quota(folder: Path) -> float | None:
    """Version 2 has quota and period in one file, version 1 each in its own; "max" and -1 are no limit."""
    try:
        quota, period = (int(word) for word in (folder / "cpu.max").read_text(encoding="ascii").split())
    except (OSError, ValueError):
        quota, period = _number(folder / "cpu.cfs_quota_us") or 0, _number(folder / "cpu.cfs_period_us") or 0
    return quota / period if quota > 0 and period > 0 else None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max"
        return None
