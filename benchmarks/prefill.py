"""Products of a 4-bit matrix with many tokens, beside torch's products of matrices that are unpacked already.

    python -m benchmarks.prefill [--threads N] [--runs N]

Eight matrices of 2816 x 4096 in turn; thousand millions of operations a second, two for each weight and token; medians.
`torch` unpacks NF4 and multiplies in float32. `float32`, `bfloat16` and `_int_mm` (8 bits, whole numbers without
scales) need 8, 4 and 2 times the memory of the packed weights, and nothing is unpacked in their time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch.nn import functional as F

from benchmarks.kernels import COLUMNS, ROWS, kernel_names, medians, random_matrices, runs_of
from glmv_cli.kernels import nf4

MATRICES = 8
TOKENS = (16, 32, 128, 512)


def each(product: Callable[[int], torch.Tensor]) -> list[torch.Tensor]:
    """The products with all matrices."""
    return [product(i) for i in range(MATRICES)]


def compare(tokens: int, runs: int) -> dict[str, float]:
    """Operations a second."""
    packed, absmax = random_matrices(MATRICES, ROWS, COLUMNS)
    x = torch.randn(tokens, COLUMNS)
    dense = nf4.dequantize(packed, absmax)
    halves, x_halves = dense.bfloat16(), x.bfloat16()
    bytes_, x_bytes = dense.mul(1000).char().transpose(1, 2), x.mul(30).char()
    work: dict[str, Callable[[], object]] = dict.fromkeys(
        kernel_names(), functools.partial(each, lambda i: nf4.linear(x, packed[i], absmax[i]))
    )
    work["float32"] = functools.partial(each, lambda i: F.linear(x, dense[i]))
    work["bfloat16"] = functools.partial(each, lambda i: F.linear(x_halves, halves[i]))
    if tokens > 16:  # it takes no fewer
        work["_int_mm"] = functools.partial(each, lambda i: torch._int_mm(x_bytes, bytes_[i]))
    operations = 2 * MATRICES * ROWS * COLUMNS * tokens
    return {name: operations / seconds for name, seconds in medians(runs, work).items()}


def main() -> None:
    runs = runs_of(__doc__, 5)
    print(f"{torch.get_num_threads()} threads, {MATRICES} matrices of {ROWS} x {COLUMNS}, GOP/s")
    with torch.inference_mode():
        for tokens in TOKENS:
            rates = "  ".join(f"{name} {rate / 1e9:.0f}" for name, rate in compare(tokens, runs).items())
            print(f"  {tokens:4} tokens  {rates}", flush=True)


if __name__ == "__main__":
    main()
