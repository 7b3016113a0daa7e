"""How long `glmv` takes to start, beside an interpreter that does nothing, in the same run.

    python benchmarks/startup.py [-n RUNS]

The commands take turns, so that a busy moment of the machine hits all of them. Absolute times differ between
machines; the last column, the ratio of medians to `python -c pass`, is what to compare.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

WARM_UP_RUNS = 2


def milliseconds(command: list[str]) -> float:
    """The wall-clock time of one run of ``command``, which must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Run every command in turn and print one line for each."""
    parser = argparse.ArgumentParser(description="Start-up time of glmv.")
    parser.add_argument("-n", "--runs", type=int, default=20, help="measured runs of each command")
    runs = max(1, parser.parse_args().runs)

    glmv = shutil.which("glmv", path=str(Path(sys.executable).parent))
    if glmv is None:
        sys.exit("error: no glmv beside this Python\n\nhint: pip install -e .")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "glmv --version": [glmv, "--version"],
        "glmv --help": [glmv, "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(-WARM_UP_RUNS, runs):
        for name, command in commands.items():
            elapsed = milliseconds(command)
            if run >= 0:
                times[name].append(elapsed)

    nothing = statistics.median(times["python -c pass"])
    print(f"{f'{runs} runs, ms':<16}{'min':>8}{'median':>8}{'max':>8}{'ratio':>8}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:<16}{min(values):8.1f}{median:8.1f}{max(values):8.1f}{median / nothing:8.1f}")


if __name__ == "__main__":
    main()
