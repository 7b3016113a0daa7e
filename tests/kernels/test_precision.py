"""What rounding activations costs, held against what storing weights in 4 bits has cost already.

The truth is float64 with the bfloat16 weights that were quantized. A kernel may be further from it than NF4 weights
with exact arithmetic are, but by a twentieth at most, whatever the activations are like.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pytest
import torch

from glmv_cli.kernels import library, native, nf4
from glmv_cli.kernels.moe import PackedExperts, routed_experts

LOADED = library.load()
KERNELS = native.kernels_of(LOADED) if isinstance(LOADED, ctypes.CDLL) else ()
ROUNDING = [kernel.name for kernel in KERNELS if kernel.precision != "exact"]
TOKENS = (1, 6, 12, 40, 300)
"""For each way that a kernel may take: few tokens, more of them, many."""


def scaled(every: int, factor: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Some channels of all tokens, or columns of all rows, are larger, as trained models have them."""

    def scale(x: torch.Tensor) -> torch.Tensor:
        x[:, 37::every] *= factor
        return x

    return scale


ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "normal": lambda x: x,
    "one channel 100 times as large": scaled(1 << 20, 100.0),
    "one channel 1000 times as large": scaled(1 << 20, 1000.0),
    "a channel of every other block 10 times as large": scaled(128, 10.0),
    "a channel of every eighth block 30 times as large": scaled(512, 30.0),
    "one channel 10000 times as large": scaled(1 << 20, 10000.0),
    "heavy tails": lambda x: x * x.abs(),
    "after a gate": lambda x: torch.nn.functional.silu(2 * x) * x.roll(1, 0),
}


WEIGHTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "a column of every fourth block 20 times as large": scaled(256, 20.0),
    "a column of every eighth block 8 times as large": scaled(512, 8.0),
    "a column of every eighth block 40 times as large": scaled(512, 40.0),
    "one column 100 times as large": scaled(1 << 20, 100.0),
    "heavy tails": lambda weight: 50 * weight * weight.abs(),
}

each_rounding_kernel = pytest.mark.parametrize("setting", ROUNDING)
any_activations = pytest.mark.parametrize("activations", ACTIVATIONS)


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def weights(*shape: int, seed: int) -> torch.Tensor:
    return (0.02 * random(*shape, seed=seed)).bfloat16()


def off_by(found: torch.Tensor, truth: torch.Tensor) -> float:
    return float((found.double() - truth).norm() / truth.norm())


def errors(
    compute: Callable[[], torch.Tensor], truth: torch.Tensor, setting: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, float]:
    """With this kernel, and with exact arithmetic."""
    monkeypatch.setenv(native.VARIABLE, setting)
    rounded = compute()
    monkeypatch.setenv(native.VARIABLE, "exact")
    exact = compute()
    # Many tokens may go another way, which is exact.
    assert len(exact) > 1 or not torch.equal(rounded, exact), "the kernel was not asked"
    return off_by(rounded, truth), off_by(exact, truth)


@each_rounding_kernel
@any_activations
@pytest.mark.parametrize("columns", [1408, 4096])
def test_a_linear_layer_is_off_by_little_more_than_its_weights(
    setting: str, activations: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = weights(256, columns, seed=1)
    packed, absmax = nf4.quantize(weight)
    for tokens in TOKENS:
        x = ACTIVATIONS[activations](random(tokens, columns, seed=100 + tokens))
        truth = x.double() @ weight.double().T

        def product(x: torch.Tensor = x) -> torch.Tensor:
            return nf4.linear(x, packed, absmax)

        rounded, exact = errors(product, truth, setting, monkeypatch)
        assert 0.05 < exact < 0.15
        assert rounded < 1.05 * exact, f"{tokens} tokens"


@each_rounding_kernel
@pytest.mark.parametrize("shape", WEIGHTS)
@pytest.mark.parametrize("smoothed", [False, True], ids=["plain", "smoothed"])
def test_so_is_one_whose_weights_have_outliers(
    setting: str, shape: str, smoothed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when activations are the smaller where weights are the larger, as training likes to have it."""
    weight = WEIGHTS[shape](weights(256, 4096, seed=1))
    packed, absmax = nf4.quantize(weight)
    for tokens in TOKENS:
        x = random(tokens, 4096, seed=100 + tokens)
        if smoothed:
            x /= weight.double().norm(dim=0).float().clamp(min=0.01)
        truth = x.double() @ weight.double().T

        def product(x: torch.Tensor = x) -> torch.Tensor:
            return nf4.linear(x, packed, absmax)

        rounded, exact = errors(product, truth, setting, monkeypatch)
        assert rounded < 1.05 * exact, f"{tokens} tokens"


EXPERTS, HIDDEN, INNER, CHOSEN = 6, 1024, 704, 2


@each_rounding_kernel
@any_activations
def test_a_layer_of_experts_is_off_by_little_more_than_its_weights(
    setting: str, activations: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate_up, down = weights(EXPERTS, 2 * INNER, HIDDEN, seed=2), weights(EXPERTS, HIDDEN, INNER, seed=3)
    packed = PackedExperts(*nf4.quantize(gate_up), *nf4.quantize(down))
    for tokens in TOKENS:
        hidden = ACTIVATIONS[activations](random(tokens, HIDDEN, seed=100 + tokens))
        ids = random(tokens, EXPERTS, seed=4).topk(CHOSEN).indices
        shares = random(tokens, CHOSEN, seed=5).softmax(-1)

        def layer(hidden: torch.Tensor = hidden, ids: torch.Tensor = ids, w: torch.Tensor = shares) -> torch.Tensor:
            return routed_experts(hidden, ids, w, packed)

        truth = expected_sum(gate_up, down, hidden, ids, shares)
        rounded, exact = errors(layer, truth, setting, monkeypatch)
        assert 0.05 < exact < 0.25
        assert rounded < 1.05 * exact, f"{tokens} tokens"


def expected_sum(
    gate_up: torch.Tensor, down: torch.Tensor, hidden: torch.Tensor, ids: torch.Tensor, shares: torch.Tensor
) -> torch.Tensor:
    """In float64, each expert for all tokens."""
    out = torch.zeros(hidden.shape, dtype=torch.float64)
    for expert in range(EXPERTS):
        gate, up = (hidden.double() @ gate_up[expert].double().T).chunk(2, dim=-1)  # [T, I] each
        share = (shares.double() * (ids == expert)).sum(-1, keepdim=True)  # [T, 1]
        out += share * ((torch.nn.functional.silu(gate) * up) @ down[expert].double().T)
    return out
