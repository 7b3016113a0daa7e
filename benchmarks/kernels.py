"""The CPU kernels on matrices that no cache holds, beside reading memory and beside torch, in turns in one run.

    python -m benchmarks.kernels [--threads N] [--runs N]

First 64 matrices of 2816 x 4096, one token: bytes of weights a second. Then the routed experts of one layer of
GLM-4.5V (128 experts, 8 a token): milliseconds, for one token also bytes a second. Percentages are of what reading
the same memory and nothing else reaches. Medians. Takes 1.5 GB of memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import torch

from glmv_cli.kernels import library, native, nf4
from glmv_cli.kernels.moe import PackedExperts, routed_experts

MATRICES, ROWS, COLUMNS = 64, 2816, 4096
EXPERTS, CHOSEN, HIDDEN, INNER = 128, 8, 4096, 1408
TOKENS = (1, 2, 4, 8, 16, 32, 128, 512)
TORCH, READING = "torch", "reading memory"


def random_matrices(count: int, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random NF4, packed ``[count, rows, columns/2]``, and scales."""
    packed = torch.randint(256, (count, rows, columns // 2), dtype=torch.uint8)
    return packed, torch.rand(count, rows, columns // nf4.BLOCK_SIZE).add_(0.5).mul_(0.02)


def kernel_names() -> list[str]:
    """Values of ``GLMV_KERNEL`` that can be compared here."""
    loaded = library.load()
    if isinstance(loaded, str):
        return [TORCH]
    return [*(kernel.name for kernel in native.kernels_of(loaded) if kernel.instructions != "portable"), TORCH]


def medians(runs: int, work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds; the candidates take turns, so that a busy moment of the machine hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for run in range(-1, runs):
        for name, call in work.items():
            os.environ[native.VARIABLE] = name if name in kernel_names() else ""
            started = time.perf_counter()
            call()
            if run >= 0:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def reading(memory: torch.Tensor) -> Callable[[], object]:
    """By the library; by torch, which is slower, where there is none."""
    return memory.sum if isinstance(library.load(), str) else lambda: native.read(memory)


def compare_matrices(runs: int) -> None:
    packed, absmax = random_matrices(MATRICES, ROWS, COLUMNS)
    x = torch.randn(1, COLUMNS)

    def products(count: int) -> Callable[[], object]:
        return lambda: [nf4.linear(x, packed[i], absmax[i]) for i in range(count)]

    size = packed.nbytes + absmax.nbytes
    work: dict[str, Callable[[], object]] = {name: products(MATRICES) for name in kernel_names()}
    sizes = dict.fromkeys(work, size) | {TORCH: size // 16, READING: packed.nbytes}
    work |= {TORCH: products(MATRICES // 16), READING: reading(packed)}
    found = medians(runs, work)
    read = sizes[READING] / found[READING]
    print(f"one token, {MATRICES} matrices of {ROWS} x {COLUMNS}, GB/s of weights, and as a part of reading memory")
    for name, seconds in found.items():
        rate = sizes[name] / seconds
        print(f"  {name:20} {rate / 1e9:7.2f} {rate / read:7.0%}")


def compare_experts(runs: int) -> None:
    experts = PackedExperts(*random_matrices(EXPERTS, 2 * INNER, HIDDEN), *random_matrices(EXPERTS, HIDDEN, INNER))
    tensors = (experts.gate_up, experts.gate_up_absmax, experts.down, experts.down_absmax)
    size = sum(tensor[0].nbytes for tensor in tensors) * CHOSEN
    print(f"one MoE layer, {CHOSEN} of {EXPERTS} experts, ms; {size / 1e6:.0f} MB of weights a token")
    for tokens in TOKENS:
        hidden, weights = torch.randn(tokens, HIDDEN), torch.rand(tokens, CHOSEN)

        def layer(hidden: torch.Tensor = hidden, weights: torch.Tensor = weights) -> object:
            # Others each time: the caches must not hold them.
            ids = torch.rand(len(hidden), EXPERTS).topk(CHOSEN).indices
            return routed_experts(hidden, ids, weights, experts)

        if tokens == 1:
            compare_decoding(8 * runs, size, dict.fromkeys(kernel_names(), layer), experts.gate_up)
            continue
        found = medians(runs, dict.fromkeys(kernel_names(), layer))
        print(f"  {tokens:4} tokens  " + "  ".join(f"{name} {seconds * 1e3:.1f}" for name, seconds in found.items()))


def compare_decoding(runs: int, size: int, work: dict[str, Callable[[], object]], memory: torch.Tensor) -> None:
    """One token: milliseconds, GB/s of ``size`` bytes, and as a part of reading ``memory``."""
    found = medians(runs, work | {READING: reading(memory)})
    read = memory.nbytes / found.pop(READING)
    print(f"     1 token, {READING} {read / 1e9:.1f} GB/s")
    for name, seconds in found.items():
        rate = size / seconds
        print(f"  {name:20} {seconds * 1e3:7.2f} ms {rate / 1e9:7.2f} GB/s {rate / read:7.0%}")


def runs_of(description: str | None, default: int) -> int:
    """How often to measure, by the command line, which sets the threads too; what is random is the same every time."""
    parser = argparse.ArgumentParser(description=str(description).splitlines()[0])
    parser.add_argument("--threads", type=int, help="as many as torch takes, by default")
    parser.add_argument("--runs", type=int, default=default)
    options = parser.parse_args()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    runs: int = options.runs
    return runs


def main() -> None:
    runs = runs_of(__doc__, 5)
    print(f"{torch.get_num_threads()} threads; chosen without {native.VARIABLE}: {native.choose('')}")
    with torch.inference_mode():
        compare_matrices(runs)
        compare_experts(runs)


if __name__ == "__main__":
    main()
