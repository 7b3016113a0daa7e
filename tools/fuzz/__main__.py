"""Feeds damaged films, pictures and addresses to what reads them, and keeps those that it does not stand.

    python -m tools.fuzz --minutes 60 [--jobs 1] [--corpus DIRECTORY] [--keep DIRECTORY]
    python -m tools.fuzz --replay FILE...

Minutes are of CPU time, for each job. A worker process damages inputs of the corpus and reads them, within limits of
memory; another process looks after it, and says at the end, or when it is interrupted, what came of it. What fails
lies in ``--keep`` afterwards, with a text beside it that says how; ``--replay`` reads such files again in this process.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tools.corpus.make import MANIFEST
from tools.fuzz.targets import TARGETS
from tools.fuzz.watch import Job
from tools.fuzz.worker import attempt, prepare

_FAILURES = {"error", "memory"}
"""Outcomes that must not be."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="made with python -m tools.corpus.make; without it, made first")
    parser.add_argument("--keep", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="may be repeated; without it, all")
    parser.add_argument("--replay", nargs="+", type=Path, metavar="FILE")
    args = parser.parse_args()
    if args.replay:
        sys.exit(replay(args.replay))
    with ExitStack() as stack:
        corpus = args.corpus
        if corpus is None or not (corpus / MANIFEST).exists():
            corpus = corpus or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            subprocess.run([sys.executable, "-m", "tools.corpus.make", str(corpus)], check=True)
        command = [sys.executable, "-m", "tools.fuzz.worker", *(f"--target={name}" for name in args.target or ())]
        command.append(str(corpus))
        jobs = [Job(command, args.keep, args.seed + i, args.jobs) for i in range(args.jobs)]
        # Also in the background of a script, where interrupts are ignored.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with ThreadPoolExecutor(args.jobs) as pool:
            running = [pool.submit(job.run, args.minutes * 60) for job in jobs]
            try:
                for future in running:
                    future.result()
            except KeyboardInterrupt:
                for job in jobs:
                    job.stop.set()
    print(summary(jobs, args.keep))
    failed = any(job.deaths or any(counts.keys() & _FAILURES for counts in job.outcomes.values()) for job in jobs)
    sys.exit(failed)


def summary(jobs: list[Job], findings: Path) -> str:
    """What was read and what was found, as a table."""
    outcomes = {name: sum((job.outcomes.get(name, Counter()) for job in jobs), Counter[str]()) for name in TARGETS}
    total = sum(sum(counts.values()) for counts in outcomes.values())
    lines = [f"{total:,} inputs in {sum(job.cpu_s for job in jobs) / 60:.1f} minutes of CPU time"]
    for name, counts in outcomes.items():
        if counts:
            said = ", ".join(f"{outcome} {count:,}" for outcome, count in counts.most_common())
            lines.append(f"  {name:13}{sum(counts.values()):>10,}  {said}")
    deaths = sum((job.deaths for job in jobs), Counter[str]())
    lines.append("processes lost: " + (", ".join(f"{end} {count}" for end, count in deaths.items()) or "none"))
    kept = sorted(path.name for path in findings.glob("*.bin"))
    return "\n".join([*lines, f"findings: {len(kept) or 'none'}", *(f"  {name}" for name in kept)])


def replay(files: list[Path]) -> int:
    """Read findings again; how many still fail."""
    prepare()
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        for path in files:
            kind, *_ = path.name.split("-")
            name = path.stem[len(kind) + 1 :].rpartition("-")[0]
            outcome, place = attempt(name, path.read_bytes(), Path(directory))
            found = sorted(Path(directory).glob("*.txt"))
            print(f"{path.name}: {outcome}, {place}", *(text.read_text() for text in found), sep="\n")
            for text in found:
                text.unlink()
            failures += bool(found)
    return failures


if __name__ == "__main__":
    main()
