"""glmv beside llama.cpp on a model as wide as GLM-4.5V: the same threads, in turns, in one run.

    python -m benchmarks.peers DIRECTORY --llama-bench PATH [--formats Q4_0,IQ4_NL,Q4_K] [--kernels exact,int8]

DIRECTORY holds the checkpoint of :mod:`benchmarks.wide`, which is written if it is not there, and beside it one GGUF of
the same tensors for each format, about 6.5 GB, which needs the package ``gguf``. Without ``--llama-bench``, glmv is
measured alone. Each measurement is a process of its own, after its files have been read; both programs run once before
they are timed. Decoding starts with an empty cache, as ``llama-bench`` does it. The limit of decoding is reading its
bytes once a token, at the speed at which the same run reads memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.random_checkpoint import write_random_checkpoint
from benchmarks.wide import LAYERS, warm_up, wide_config

if TYPE_CHECKING:
    from glmv_cli.model.network import Network

PREFILLS, DECODED = (128, 512), 64
TESTS = (*(f"prefill {length}" for length in PREFILLS), f"decode {DECODED}")
REPEATS = 2
"""Of each test, in one process."""
CONTEXT = 1024
FORMATS = "Q4_0,IQ4_NL,Q4_K"

Samples = dict[str, list[float]]
"""Tokens a second, by test."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one process measured."""

    samples: Samples
    bytes_a_token: int
    said: str
    """What computed, in its own words."""
    bandwidth: float | None = None
    """Bytes of memory read a second; llama.cpp does not tell, nor does glmv without its C library."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A program with its weights."""

    title: str
    files: tuple[Path, ...]
    measure: Callable[[], Found]


def glmv_child(directory: Path) -> dict[str, Any]:
    """glmv in this process: a :class:`Found`, as JSON has it."""
    import torch

    from glmv_cli.kernels import native

    bandwidth = native.read_bandwidth(1 << 30)
    with torch.inference_mode():
        network, moved = opened(directory)
        samples = speeds(network)
    kernel = native.chosen().kernel
    said = "torch" if kernel is None else kernel.name
    return {"samples": samples, "bytes_a_token": moved, "said": said, "bandwidth": bandwidth}


def opened(directory: Path) -> tuple[Network, int]:
    """The model in main memory, as the product opens it, and the bytes that a token moves."""
    from glmv_cli.cli.process import reuse_freed_memory
    from glmv_cli.kernels import native
    from glmv_cli.model.loader import load_model, open_checkpoint
    from glmv_cli.model.network import network_of
    from glmv_cli.model.offload.attach import attach_offload
    from glmv_cli.model.precision import tile_products
    from glmv_cli.placement.budget import Wishes
    from glmv_cli.placement.estimate import estimate
    from glmv_cli.placement.hardware import probe
    from glmv_cli.placement.model import read_model
    from glmv_cli.placement.planner import make_plan

    reuse_freed_memory(os.environ)
    sizes = read_model(directory, "wide").sizes
    machine = probe({"CUDA_VISIBLE_DEVICES": ""})
    plan = make_plan(sizes, machine, Wishes(context=CONTEXT))
    checkpoint, family = open_checkpoint(directory)
    model = load_model(checkpoint, family, plan, products=tile_products(os.environ.get(native.VARIABLE, "")))
    attach_offload(model, plan, checkpoint)
    moved = estimate(plan, sizes, machine)
    assert not moved.disk_bytes, "the model does not fit into memory"
    return network_of(model), moved.cpu_bytes


def speeds(network: Network) -> Samples:
    """Random tokens, as those of ``llama-bench``; each test begins with an empty cache."""
    import torch

    random = torch.Generator().manual_seed(0)

    def read(lengths: list[int]) -> float:
        """Seconds."""
        cache = network.new_cache(CONTEXT)
        started = time.perf_counter()
        for length in lengths:
            ids = torch.randint(151_000, (1, length), generator=random)
            positions = torch.arange(cache.length, cache.length + length)[None]
            network.logits(network.forward(network.embed_tokens(ids), positions, cache))
        return time.perf_counter() - started

    samples: Samples = {}
    for test, lengths in zip(TESTS, [*([length] for length in PREFILLS), [1] * DECODED], strict=True):
        read(lengths[:2])
        samples[test] = [sum(lengths) / read(lengths) for _ in range(REPEATS)]
    return samples


def glmv(directory: Path, kernel: str, threads: int, under: list[str]) -> Found:
    command = [*under, sys.executable, "-m", "benchmarks.peers", str(directory), "--child"]
    return Found(**json.loads(output_of(command, {"GLMV_KERNEL": kernel, "OMP_NUM_THREADS": str(threads)})))


def llama(program: Path, model: Path, threads: int, under: list[str]) -> Found:
    from benchmarks.random_gguf import bytes_a_token

    lengths = ",".join(map(str, PREFILLS))
    command = [*under, str(program), "-m", str(model), "-p", lengths, "-n", str(DECODED)]
    command += ["-t", str(threads), "-r", str(REPEATS), "-o", "json"]
    records = json.loads(output_of(command, {}))
    names = (f"prefill {r['n_prompt']}" if r["n_prompt"] else f"decode {r['n_gen']}" for r in records)
    samples = {name: record["samples_ts"] for name, record in zip(names, records, strict=True)}
    said = f"build {records[0]['build_commit']}, {records[0]['backends']}"
    return Found(samples, bytes_a_token(model), said)


def output_of(command: list[str], variables: dict[str, str]) -> str:
    """Standard output; both programs get their OpenMP and malloc as these are by default."""
    theirs = ("OMP_", "GOMP_", "KMP_", "MALLOC_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        env=environ | {"TRANSFORMERS_VERBOSITY": "error"} | variables,
    )
    return done.stdout


def contenders(options: argparse.Namespace) -> Iterator[Contender]:
    """Writes what they need and is not there."""
    directory: Path = options.directory
    threads, under = options.threads, shlex.split(options.under)
    if not (directory / "config.json").exists():
        write_random_checkpoint(directory, wide_config(LAYERS))
    for kernel in options.kernels.split(","):

        def ours(kernel: str = kernel) -> Found:
            return glmv(directory, kernel, threads, under)

        yield Contender(f"glmv {kernel}".strip(), tuple(directory.glob("*.safetensors")), ours)
    if options.llama_bench is None:
        return
    from benchmarks.random_gguf import write_random_gguf

    for kind in options.formats.split(","):
        model = (options.gguf or directory) / f"{kind}.gguf"
        if not model.exists():
            write_random_gguf(model, wide_config(LAYERS), kind)

        def theirs(model: Path = model) -> Found:
            return llama(options.llama_bench, model, threads, under)

        yield Contender(f"llama.cpp {kind}", (model,), theirs)


def compare(options: argparse.Namespace) -> None:
    present = list(contenders(options))
    found: dict[str, list[Found]] = {contender.title: [] for contender in present}
    for turn in range(options.rounds):
        for contender in present:
            warm_up(contender.files)
            found[contender.title].append(contender.measure())
            print(f"{turn + 1}/{options.rounds} {contender.title}", file=sys.stderr, flush=True)
    show(found, options.threads)


def show(found: dict[str, list[Found]], threads: int) -> None:
    measured = [one for turns in found.values() for one in turns]
    bandwidth = max((one.bandwidth for one in measured if one.bandwidth is not None), default=float("nan"))
    samples = {
        title: {test: [sample for one in turns for sample in one.samples[test]] for test in TESTS}
        for title, turns in found.items()
    }
    print(f"{threads} threads; tokens/s: median (slowest to fastest); reading memory: {bandwidth / 1e9:.1f} GB/s")
    print(" " * 26, *(f"{test:>20}" for test in TESTS), f"{'MB a token':>11} {'of the limit':>13}  what computed")
    for title, turns in found.items():
        columns = " ".join(f"{spread(samples[title][test]):>20}" for test in TESTS)
        moved = turns[0].bytes_a_token
        share = statistics.median(samples[title][TESTS[-1]]) * moved / bandwidth
        print(f"{title:26} {columns} {moved / 1e6:11.0f} {share:13.0%}  {turns[0].said}")
    for how, figure in (("medians", statistics.median), ("the fastest", max)):
        print(how)
        for ours, theirs in product(found, found):
            if ours.startswith("glmv") and theirs.startswith("llama"):
                ratios = (figure(samples[ours][test]) / figure(samples[theirs][test]) for test in TESTS)
                print(f"{f'{ours} / {theirs}':30}" + " ".join(f"{ratio:19.2f}x" for ratio in ratios))


def spread(samples: list[float]) -> str:
    return f"{statistics.median(samples):.1f} ({min(samples):.1f}-{max(samples):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("directory", type=lambda path: Path(path).resolve())
    parser.add_argument("--llama-bench", type=lambda path: Path(path).resolve(), help="the program of llama.cpp")
    parser.add_argument("--gguf", type=lambda path: Path(path).resolve(), help="where to keep GGUFs instead")
    parser.add_argument("--formats", default=FORMATS, help=f"of llama.cpp (default: {FORMATS})")
    parser.add_argument("--kernels", default="", help="values of GLMV_KERNEL (default: unset)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--under", default="", help="a command to run each measurement under, as 'numactl -N0'")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(glmv_child(options.directory)))
    else:
        compare(options)


if __name__ == "__main__":
    main()
