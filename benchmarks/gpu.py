"""4-bit products on a GPU: Triton's kernels, torch's path without them, and bitsandbytes where it is installed.

    python -m benchmarks.gpu [--runs N]

In turns in one run, on one layer of GLM-4.5V: its routed experts (128 of them, 8 a token) and large linear layers.
Medians, launching included, and GB/s of the weights that are needed, beside what the GPU copies within its memory.
Every time other weights are read than the time before, so that no cache holds them. Takes 6 GB of the GPU's memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable
from functools import lru_cache, partial
from importlib.util import find_spec

import torch
from torch.nn import functional as F

from glmv_cli.kernels import nf4
from glmv_cli.kernels.gpu import choice
from glmv_cli.kernels.moe import PackedExperts, routed_experts
from glmv_cli.kernels.native import VARIABLE
from glmv_cli.model.offload.experts import tensors_of

EXPERTS, CHOSEN, HIDDEN, INNER = 128, 8, 4096, 1408
TOKENS = (1, 2, 4, 8, 16, 64, 512)
LINEAR = ((12_288, 4096), (4096, 12_288), (10_944, 4096))
COPIES = 24
"""Of a linear layer, 25 MB each: more than a cache holds."""
GPU = torch.device("cuda:0")
Work = dict[str, Callable[[int], object]]
"""What takes part, by name; called with the number of the round."""


def random_matrices(count: int, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random NF4 on the GPU, packed ``[count, rows, columns/2]``, and scales."""
    packed = torch.randint(256, (count, rows, columns // 2), dtype=torch.uint8, device=GPU)
    return packed, torch.rand(count, rows, columns // nf4.BLOCK_SIZE, device=GPU).add_(0.5).mul_(0.02)


def by_torch(call: Callable[[int], object]) -> Callable[[int], object]:
    """The same without Triton."""

    def called(number: int) -> object:
        os.environ[VARIABLE] = "torch"
        try:
            return call(number)
        finally:
            del os.environ[VARIABLE]

    return called


def medians(runs: int, work: Work) -> dict[str, float]:
    """Seconds until the GPU has done it, launching included; the candidates take turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for number in range(-3, runs):
        for name, call in work.items():
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            torch.cuda.synchronize()
            begin.record()
            call(number)
            end.record()
            end.synchronize()
            if number >= 0:
                times[name].append(begin.elapsed_time(end) / 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def report(tokens: int, found: dict[str, float], size: int) -> None:
    """A line; ``size``: bytes of weights that are needed."""
    times = "  ".join(f"{name} {seconds * 1e3:.3f}" for name, seconds in found.items())
    rates = ", ".join(f"{size / seconds / 1e9:.0f}" for seconds in found.values())
    print(f"  {tokens:4} tokens  {times}   GB/s: {rates}", flush=True)


def copying(runs: int) -> float:
    """Bytes a second that the GPU reads and writes when it copies 1 GiB."""
    source = torch.ones(1 << 28, device=GPU)
    target = torch.empty_like(source)
    return 2 * source.nbytes / medians(runs, {"copy": lambda number: target.copy_(source)})["copy"]


@lru_cache(maxsize=1)
def nf4_code(device: torch.device) -> torch.Tensor:
    """The 16 numbers there, copied once."""
    return torch.tensor(nf4.NF4_CODE, device=device)


def bitsandbytes_linear(x: torch.Tensor, packed: torch.Tensor, absmax: torch.Tensor) -> torch.Tensor:
    """Its product with the same bytes: one vector with packed weights, more after unpacking."""
    from bitsandbytes import matmul_4bit
    from bitsandbytes.functional import QuantState

    state = QuantState(
        absmax.flatten(),
        shape=torch.Size((len(packed), x.shape[-1])),
        code=nf4_code(x.device),
        blocksize=nf4.BLOCK_SIZE,
        quant_type="nf4",
        dtype=x.dtype,
    )
    product: torch.Tensor = matmul_4bit(x, packed.reshape(-1, 1).t(), quant_state=state)
    return product


def bitsandbytes_experts(
    x: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, experts: PackedExperts
) -> torch.Tensor:
    """Expert by expert: it has no kernel for several."""
    out = torch.zeros_like(x)
    for expert in ids.unique().tolist():
        token, choice_ = (index.to(x.device) for index in torch.where(ids == expert))
        gate, up = bitsandbytes_linear(x[token], experts.gate_up[expert], experts.gate_up_absmax[expert]).chunk(2, -1)
        down = bitsandbytes_linear(F.silu(gate) * up, experts.down[expert], experts.down_absmax[expert])
        out.index_add_(0, token, down * weights[token, choice_, None])
    return out


def candidates(ours: Callable[[int], object], theirs: Callable[[int], object]) -> Work:
    """All that can be compared here."""
    found: Work = {"triton": ours} if choice.chosen(GPU).triton else {}
    found["torch"] = by_torch(ours)
    if find_spec("bitsandbytes"):
        found["bitsandbytes"] = theirs
    return found


def compare_linear(runs: int, rows: int, columns: int) -> None:
    packed, absmax = random_matrices(COPIES, rows, columns)
    size = packed[0].nbytes + absmax[0].nbytes
    print(f"a linear layer {rows} x {columns}, ms; {size / 1e6:.0f} MB of weights")
    for tokens in TOKENS:
        x = torch.randn(tokens, columns, device=GPU, dtype=torch.bfloat16)

        def product(
            linear: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor], x: torch.Tensor, number: int
        ) -> torch.Tensor:
            return linear(x, packed[number % COPIES], absmax[number % COPIES])

        work = candidates(partial(product, nf4.linear, x), partial(product, bitsandbytes_linear, x))
        report(tokens, medians(runs, work), size)


def compare_experts(runs: int) -> None:
    experts = PackedExperts(*random_matrices(EXPERTS, 2 * INNER, HIDDEN), *random_matrices(EXPERTS, HIDDEN, INNER))
    one = sum(tensor[0].nbytes for tensor in tensors_of(experts))
    print(f"routed experts, {CHOSEN} of {EXPERTS}, ms; {one * CHOSEN / 1e6:.0f} MB of weights a token")
    for tokens in TOKENS:
        x = torch.randn(tokens, HIDDEN, device=GPU, dtype=torch.bfloat16)
        weights = torch.rand(tokens, CHOSEN, device=GPU, dtype=torch.bfloat16)
        # Other experts each time; in main memory, where a runner has them.
        ids = [torch.rand(tokens, EXPERTS).topk(CHOSEN).indices for _ in range(8)]

        def layer(
            compute: Callable[[torch.Tensor, torch.Tensor, torch.Tensor, PackedExperts], torch.Tensor],
            x: torch.Tensor,
            ids: list[torch.Tensor],
            weights: torch.Tensor,
            number: int,
        ) -> torch.Tensor:
            return compute(x, ids[number % len(ids)], weights, experts)

        ours = partial(layer, routed_experts, x, ids, weights)
        work = candidates(ours, partial(layer, bitsandbytes_experts, x, ids, weights))
        needed = statistics.mean(step.unique().numel() for step in ids)
        report(tokens, medians(runs, work), int(needed * one))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        parser.exit(0, "There is no CUDA device here: nothing to measure.\n")
    torch.manual_seed(0)
    print(f"{torch.cuda.get_device_name(GPU)}, torch {torch.__version__}; {choice.chosen(GPU).why}")
    with torch.inference_mode():
        print(f"copying within its memory: {copying(options.runs) / 1e9:.0f} GB/s read and written")
        compare_experts(options.runs)
        for rows, columns in LINEAR:
            compare_linear(options.runs, rows, columns)


if __name__ == "__main__":
    main()
