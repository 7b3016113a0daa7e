"""``glmv quantize`` beside what it cannot do without: ``python -m benchmarks.quantize [EXPERTS] [--runs N]``.

A synthetic checkpoint of GLM-4.5V's widths, one layer with a few experts (35 MB each), is written to a temporary
directory (``TMPDIR`` chooses the disk) and quantized. In the same run, in turn: reading the file alone, computing
alone, writing and syncing the result alone, and its digests alone. Rates are GB/s of the source; the page cache is
warm. The last line is the whole command in a process of its own, imports and all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors.torch import save_file

from glmv_cli.kernels import nf4, nf4_search
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from glmv_cli.placement.shapes import Shape
from glmv_cli.store.manifest import digest_of_range

HIDDEN, EXPERT = 4096, 1408
CONFIG = {
    "model_type": "glm4_moe", "num_hidden_layers": 1, "first_k_dense_replace": 0, "hidden_size": HIDDEN,
    "moe_intermediate_size": EXPERT, "intermediate_size": 10944, "num_attention_heads": 96, "num_key_value_heads": 8,
    "head_dim": 128, "n_shared_experts": 1, "num_experts_per_tok": 8, "vocab_size": 1024,
    "max_position_embeddings": 65536,
}  # fmt: skip


def write_source(directory: Path, experts: int) -> int:
    """A text model of one layer; returns the bytes of its weights."""
    config = CONFIG | {"n_routed_experts": experts}
    directory.mkdir()
    tensors: dict[str, torch.Tensor] = {}
    for tensor in Shape.of(config, "synthetic").tensors:
        base, _, proj = tensor.name.rpartition(".")
        if not base.endswith(".experts"):
            tensors[tensor.name] = (torch.randn(tensor.shape) * 0.02).bfloat16()
            continue
        for expert in range(experts):  # as released: one tensor an expert
            for half in ("gate_proj", "up_proj") if proj == "gate_up_proj" else (proj,):
                shape = (EXPERT, HIDDEN) if half != "down_proj" else (HIDDEN, EXPERT)
                tensors[f"{base}.{expert}.{half}.weight"] = (torch.randn(shape) * 0.02).bfloat16()
    save_file(tensors, directory / "model.safetensors")
    (directory / "config.json").write_text(json.dumps(config))
    return sum(tensor.nbytes for tensor in tensors.values())


def read(path: Path) -> None:
    """As the quantizer reads: into one buffer."""
    buffer = bytearray(8 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def compute(codec: Callable[[torch.Tensor], object], size: int) -> None:
    """As many weights as a source of ``size`` bytes has, on as many threads as the quantizer uses."""
    weight = torch.randn(EXPERT // 2, HIDDEN).bfloat16()
    threads = max(2, min(8, torch.get_num_threads()))
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(codec, [weight] * round(size / weight.nbytes)))


def write(path: Path, size: int) -> None:
    """So many bytes, on disk when it returns."""
    piece = os.urandom(8 << 20)
    with path.open("wb", buffering=0) as file:
        for _ in range(size // len(piece)):
            file.write(piece)
        os.fsync(file.fileno())
    path.unlink()


# A process in between: the peak of one that this process starts would count this one's memory.
LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def command(source: Path, out: Path) -> tuple[float, int]:
    """Seconds and peak resident memory in MiB."""
    started = time.perf_counter()
    arguments = [sys.executable, "-m", "glmv_cli", "quantize", str(source), str(out)]
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - started, int(done.stdout)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts", type=int, nargs="?", default=12)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        size = write_source(base / "source", args.experts)
        figures = measure(base, size, args.runs)
        figures["command"], peak = command(base / "source", base / "by command")
    parts = figures["read"] + figures["compute"]
    print(f"source {size / 1e6:.0f} MB, median of {args.runs} runs")
    for name, value in figures.items():
        print(f"{name:18} {value:7.3f} s  {size / value / 1e9:6.2f} GB/s of source")
    print(f"quantize runs at {100 * parts / figures['quantize']:.0f} % of reading + computing,")
    everything = parts + figures["write and sync"] + figures["digests"]
    print(f"and at {100 * everything / figures['quantize']:.0f} % of reading, computing, writing and digests")
    print(f"the command: {figures['command']:.1f} s, at most {peak} MiB resident")
    if args.json:
        args.json.write_text(json.dumps({"bytes": size, "seconds": figures}, indent=2) + "\n")


def measure(base: Path, size: int, runs: int) -> dict[str, float]:
    """Median seconds; in turn, so that a slow minute hits all alike."""
    source, out = base / "source", base / "out"
    quantize(LocalSource.open(source), out)
    result = out / "model.safetensors"
    works: dict[str, Callable[[], object]] = {
        "quantize": lambda: quantize(LocalSource.open(source), out, force=True),
        "read": lambda: read(source / "model.safetensors"),
        "compute": lambda: compute(nf4.quantize, size),
        "write and sync": lambda: write(base / "copy", result.stat().st_size),
        "digests": lambda: digest_of_range(result, 0, result.stat().st_size),
    }
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            measured[name].append(seconds(work))
    figures = {name: statistics.median(values) for name, values in measured.items()}
    return figures | {"compute, --search": seconds(lambda: compute(nf4_search.quantize, size))}


if __name__ == "__main__":
    main()
