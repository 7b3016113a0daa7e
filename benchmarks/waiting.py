"""How long idle OpenMP threads should wait actively: decoding with several limits, alone and beside a busy program.

    python -m benchmarks.waiting DIRECTORY [--rounds 300000,30000,10000,1000,0] [--tokens N]

DIRECTORY holds a 4-bit checkpoint, that of :mod:`benchmarks.wide` for instance, or ``glmv_cli/demo``, whose steps are
short. Each measurement is a process of its own, and they take turns; 300,000 is libgomp's own limit. Milliseconds a
token, medians. ``glmv_cli/cli/process.py`` holds the limit that follows from it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

VOCABULARY = 100
"""Ids that every model has."""
PROMPT = 32


def decode(directory: Path, tokens: int) -> float:
    """Milliseconds of a decoding step, the median."""
    import torch

    from glmv_cli.model.loader import load_model, open_checkpoint
    from glmv_cli.model.network import network_of
    from glmv_cli.model.offload.attach import attach_offload
    from glmv_cli.placement.budget import Wishes
    from glmv_cli.placement.hardware import probe
    from glmv_cli.placement.model import read_model
    from glmv_cli.placement.planner import make_plan

    machine = probe({"CUDA_VISIBLE_DEVICES": ""})
    plan = make_plan(read_model(directory, "waiting").sizes, machine, Wishes(context=1024))
    checkpoint, family = open_checkpoint(directory)
    model = load_model(checkpoint, family, plan)
    attach_offload(model, plan, checkpoint)
    network = network_of(model)
    cache = network.new_cache(1024)
    random = torch.Generator().manual_seed(0)
    times = []
    with torch.inference_mode():
        for length in (PROMPT, *[1] * tokens):
            ids = torch.randint(VOCABULARY, (1, length), generator=random)
            started = time.perf_counter()
            positions = torch.arange(cache.length, cache.length + length)[None]
            network.logits(network.forward(network.embed_tokens(ids), positions, cache))
            times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[2:])  # without the prompt, and the first token's page faults


def measured(directory: Path, tokens: int, rounds: str, *, busy: bool) -> float:
    """:func:`decode` in a process whose threads wait for so many rounds."""
    environ = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environ |= {"GOMP_SPINCOUNT": rounds, "TRANSFORMERS_VERBOSITY": "error"}
    command = [sys.executable, "-m", "benchmarks.waiting", str(directory), "--tokens", str(tokens), "--child"]
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    finally:
        if other is not None:
            other.kill()
            other.wait()
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("directory", type=lambda path: Path(path).resolve())
    parser.add_argument("--rounds", default="300000,30000,10000,1000,0")
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(decode(options.directory, options.tokens))
        return
    print(f"{'rounds':>8} {'alone':>10} {'beside one':>12}   ms a token, {options.directory.name}")
    for rounds in options.rounds.split(","):
        alone, beside = (measured(options.directory, options.tokens, rounds, busy=busy) for busy in (False, True))
        print(f"{int(rounds):8,} {alone:10.1f} {beside:12.1f}", flush=True)


if __name__ == "__main__":
    main()
