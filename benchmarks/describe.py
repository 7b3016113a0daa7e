"""One cold ``glmv describe``, as a person meets it: ``python benchmarks/describe.py [RUNS]``.

Prints the median wall time and the peak memory of describing a picture and a film with the demo model, beside a bare
``import torch, transformers`` in the same run: what is above that is ours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
COMMANDS = {
    "import torch, transformers": [sys.executable, "-c", "import torch, transformers.modeling_utils"],
    "describe shapes.png": [sys.executable, "-m", "glmv_cli", "describe", str(EXAMPLES / "shapes.png")],
    "describe film.mp4": [sys.executable, "-m", "glmv_cli", "describe", str(EXAMPLES / "film.mp4")],
}


def measure(command: list[str], home: str) -> tuple[float, float]:
    """Seconds, and peak resident memory in MB, of one run; what it keeps for the history, it keeps in ``home``."""
    environ = {**os.environ, "GLMV_HOME": home}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"{command} failed"
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as home:
        for _ in range(runs):  # in turn, so that a slow minute hits all alike
            for name, command in COMMANDS.items():
                results[name].append(measure(command, home))
    base = statistics.median(seconds for seconds, _ in results["import torch, transformers"])
    print(f"{'':28} {'median s':>9} {'max s':>7} {'ratio':>6} {'peak MB':>8}   ({runs} runs)")
    for name, measured in results.items():
        seconds = [s for s, _ in measured]
        median = statistics.median(seconds)
        peak = max(memory for _, memory in measured)
        print(f"{name:28} {median:9.2f} {max(seconds):7.2f} {median / base:6.2f} {peak:8.0f}")


if __name__ == "__main__":
    main()
