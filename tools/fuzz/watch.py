"""Looks after one worker: notices when it hangs, grows or dies, keeps the input that did it, and starts another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tools.fuzz.findings import keep
from tools.fuzz.worker import INPUT, STATE

_POLL_S = 0.25
_LIMIT_S = 20.0
"""CPU seconds for one input. By the clock of the wall a machine that is busy, or stopped, would be blamed on it."""
_STILL_POLLS = 480
"""Polls, while it is allowed to run, in which a worker neither goes on nor computes: it waits for something."""
_GROWTH = 400_000_000
"""Bytes of memory above what a worker needs to begin with."""
_LIFE_S = 600.0
"""CPU seconds after which a worker is replaced: so it is the input that grows, not what many left behind."""


@dataclass(slots=True)
class Job:
    """One worker after another, with seeds ``first``, ``first + step``, …"""

    corpus: Path
    findings: Path
    targets: list[str]
    first: int
    step: int
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    cpu_s: float = 0.0
    """Of the workers that are over."""
    deaths: Counter[str] = field(default_factory=Counter)

    def run(self, cpu_s: float) -> None:
        """Go on until ``cpu_s`` seconds were computed."""
        while self.cpu_s < cpu_s:
            with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
                self._one_worker(Path(scratch), min(_LIFE_S, cpu_s - self.cpu_s))
            self.first += self.step

    def _one_worker(self, scratch: Path, life_s: float) -> None:
        command = [sys.executable, "-m", "tools.fuzz.worker", str(self.corpus), str(scratch), str(self.findings)]
        command += ["--seed", str(self.first), "--targets", *self.targets]
        with (
            (scratch / "output").open("wb") as output,
            subprocess.Popen(command, stdout=output, stderr=output) as worker,
        ):
            end, spent = _follow(psutil.Process(worker.pid), scratch, life_s)
            if end != "died":
                worker.kill()
            code = worker.wait()
            self.cpu_s += spent
        self._count(scratch / STATE)
        if end == "over":
            return
        end = f"{end}{-code}" if end == "died" else end
        self.deaths[end] += 1
        name, _, data = (
            (scratch / INPUT).read_bytes().partition(b"\n") if (scratch / INPUT).exists() else (b"", b"", b"")
        )
        said = (scratch / "output").read_text(errors="replace")[-4000:]
        place = f"{end} {self.first}"
        keep(self.findings, end, name.decode() or "start", data, f"{end}: seed {self.first}\n{said}", place)
        if not name:
            shutil.copy(scratch / "output", self.findings)
            raise SystemExit(f"the worker does not start: {said}")

    def _count(self, state: Path) -> None:
        if state.exists():
            for name, counts in json.loads(state.read_text())["outcomes"].items():
                self.outcomes.setdefault(name, Counter()).update(counts)


def _follow(worker: psutil.Process, scratch: Path, life_s: float) -> tuple[str, float]:
    """Why ``worker`` is at its end, and how many CPU seconds it took."""
    reading, began, spent, still, needs = -1, 0.0, 0.0, 0, 0
    while True:
        time.sleep(_POLL_S)
        try:
            times, memory, status = worker.cpu_times(), worker.memory_info().rss, worker.status()
        except psutil.NoSuchProcess:
            return "died", spent
        if status == psutil.STATUS_ZOMBIE:
            return "died", spent
        before, spent = spent, float(times.user + times.system)
        now = (scratch / INPUT).stat().st_mtime_ns if (scratch / INPUT).exists() else -1
        if now != reading or now == -1:
            reading, began, still = now, spent, 0
            needs = needs or (memory if now != -1 else 0)
        elif spent == before and status != psutil.STATUS_STOPPED:
            still += 1
        if spent - began > _LIMIT_S:
            return "hang", spent
        if still > _STILL_POLLS:
            return "stuck", spent
        if needs and memory > needs + _GROWTH:
            return "growth", spent
        if spent > life_s:
            return "over", spent
