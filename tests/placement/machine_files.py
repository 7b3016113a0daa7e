"""The files in which Linux tells what processors there are, of machines that are not here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

X86 = "processor\t: 0\nmodel name\t: Fast CPU 9000\nflags\t\t: fpu avx2 avx512f avx_vnni amx_int8\n\nprocessor\t: 1\n"


def write_machine(
    root: Path,
    cores: Iterable[str],
    nodes: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Below ``root``: each of ``cores`` names its processors, as "0,4"; each of ``nodes`` those near one memory."""
    written = {"proc/cpuinfo": X86, "proc/self/cgroup": "0::/\n"} | dict(files or {})
    for siblings in cores:
        first, _, last = siblings.replace(",", "-").partition("-")
        for cpu in {first, last or first}:
            written[f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"] = siblings + "\n"
    for number, cpus in enumerate(nodes):
        written[f"sys/devices/system/node/node{number}/cpulist"] = cpus + "\n"
    for name, content in written.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root
