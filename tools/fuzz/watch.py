"""Looks after one worker: notices when it hangs, grows or dies, keeps the input that did it, and starts another."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil

from tools.fuzz.findings import keep
from tools.fuzz.worker import INPUT, STATE

_POLL_S = 0.25
_STILL_POLLS = 480
"""Polls, while it is allowed to run, in which a worker neither goes on nor computes: it waits for something."""
_LIFE_S = 600.0
"""CPU seconds after which a worker is replaced: so it is the input that grows, not what many left behind."""
_SAID, _MOST_SAID = "output", 4000
_OVER, _DIED = "over", "died"
"""A worker that has lived long enough, and one that ended by itself."""


@dataclass(slots=True)
class Job:
    """One worker after another, with seeds ``first``, ``first + step``, …"""

    command: Sequence[str]
    """Starts a worker; its scratch directory, ``findings`` and the seed are added."""
    findings: Path
    first: int
    step: int
    limit_s: float = 20.0
    """CPU seconds for one input. By the clock of the wall a machine that is busy, or stopped, would be blamed on it."""
    most_growth: int = 400_000_000
    """Bytes of memory above what a worker needs to begin with."""
    stop: Event = field(default_factory=Event)
    """Ends it early, when it is set."""
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    cpu_s: float = 0.0
    """Of the workers that are over."""
    deaths: Counter[str] = field(default_factory=Counter)

    def run(self, cpu_s: float) -> None:
        """Go on until ``cpu_s`` seconds were computed."""
        while self.cpu_s < cpu_s and not self.stop.is_set():
            with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
                self._one_worker(Path(scratch), min(_LIFE_S, cpu_s - self.cpu_s))
            self.first += self.step

    def _one_worker(self, scratch: Path, life_s: float) -> None:
        command = [*self.command, str(scratch), str(self.findings), "--seed", str(self.first)]
        with (scratch / _SAID).open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as worker:
            end, spent = self._follow(psutil.Process(worker.pid), scratch, life_s)
            if end != _DIED:
                worker.kill()
            code = worker.wait()
        self.cpu_s += spent
        if (scratch / STATE).exists():
            for name, counts in json.loads((scratch / STATE).read_text())["outcomes"].items():
                self.outcomes.setdefault(name, Counter()).update(counts)
        if end == _DIED and code != 0:
            end = f"signal{-code}" if code < 0 else f"exit{code}"
        if end not in (_OVER, _DIED):
            self._note(end, scratch)

    def _follow(self, worker: psutil.Process, scratch: Path, life_s: float) -> tuple[str, float]:
        """Why ``worker`` is at its end, and how many CPU seconds it took."""
        reading, began, spent, still, needs = -1, 0.0, 0.0, 0, 0
        while True:
            time.sleep(_POLL_S)
            try:
                times, memory, status = worker.cpu_times(), worker.memory_info().rss, worker.status()
            except psutil.NoSuchProcess:
                return _DIED, spent
            if status == psutil.STATUS_ZOMBIE:
                return _DIED, spent
            before, spent = spent, float(times.user + times.system)
            now = (scratch / INPUT).stat().st_mtime_ns if (scratch / INPUT).exists() else -1
            if now != reading or now == -1:
                reading, began, still = now, spent, 0
                needs = needs or (memory if now != -1 else 0)
            elif spent == before and status != psutil.STATUS_STOPPED:
                still += 1
            if spent - began > self.limit_s:
                return "hang", spent
            if still > _STILL_POLLS:
                return "stuck", spent
            if needs and memory > needs + self.most_growth:
                return "growth", spent
            if spent > life_s or self.stop.is_set():
                return _OVER, spent

    def _note(self, end: str, scratch: Path) -> None:
        """Keep what a worker read when it came to this ``end``."""
        said = (scratch / _SAID).read_text(errors="replace")[-_MOST_SAID:]
        if not (scratch / INPUT).exists():
            raise SystemExit(f"the worker does not start:\n{said}")
        self.deaths[end] += 1
        name, _, data = (scratch / INPUT).read_bytes().partition(b"\n")
        keep(self.findings, end, name.decode(), data, f"{end}: seed {self.first}\n{said}", f"{end} {self.first}")
