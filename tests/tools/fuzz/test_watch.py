"""Workers that hang, grow, die or do not start are noticed, and what they read is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread

import pytest

from tools.fuzz.watch import Job

READS = """
import json, os, signal, sys, time
from pathlib import Path
from threading import Thread
scratch = Path(sys.argv[1])
while time.process_time() < 0.25:
    pass
(scratch / "state.json").write_text(json.dumps({"outcomes": {"film": {"read": 2}}}))
(scratch / "input").write_bytes(b"film\\nbytes of a film")
time.sleep(1)
"""


def watched(tmp_path: Path, then: str) -> Job:
    """What became of a worker that reads for a moment, and ``then`` does this."""
    job = Job(
        [sys.executable, "-c", READS + then], tmp_path / "kept", first=7, step=1, limit_s=0.3, most_growth=50_000_000
    )
    job.run(cpu_s=0.7)
    return job


@pytest.mark.parametrize(
    ("end", "then"),
    [
        ("hang", "while True: pass"),
        ("growth", "held = [bytes(1) * 2**20 * 80]\ntime.sleep(20)"),
        ("signal11", "os.kill(os.getpid(), signal.SIGSEGV)"),
        ("exit3", "sys.exit(3)"),
    ],
)
def test_what_a_worker_does_not_survive_is_kept(tmp_path: Path, end: str, then: str) -> None:
    job = watched(tmp_path, then)
    assert job.deaths[end] == job.deaths.total() > 0
    kept = sorted((tmp_path / "kept").glob("*.bin"))
    assert kept[0].name.startswith(f"{end}-film-")
    assert kept[0].read_bytes() == b"bytes of a film"
    assert "seed 7" in "".join(path.with_suffix(".txt").read_text() for path in kept)
    assert job.outcomes["film"]["read"] >= 2


def test_a_worker_that_ends_well_is_no_finding(tmp_path: Path) -> None:
    job = watched(tmp_path, "")
    assert not job.deaths
    assert not (tmp_path / "kept").exists()


def test_a_worker_that_does_not_start_ends_it(tmp_path: Path) -> None:
    job = Job([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "kept", first=0, step=1)
    with pytest.raises(SystemExit, match="no such thing"):
        job.run(cpu_s=1)


def test_a_job_can_be_ended_early(tmp_path: Path) -> None:
    job = Job([sys.executable, "-c", READS + "time.sleep(60)"], tmp_path / "kept", first=0, step=1)
    thread = Thread(target=job.run, args=(60.0,))
    thread.start()
    job.stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert not job.deaths
