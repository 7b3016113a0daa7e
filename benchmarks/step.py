"""What a decode step of GLM-4.5V computes, part by part, beside what transformers or torch do for it.

    python -m benchmarks.step [--threads N] [--runs N]

One token, random weights, in turns in one run; medians in milliseconds. The last column is how much faster ours is.
Bytes that no cache holds are read at the speed of the memory, which is measured too. Takes 4 GB of memory.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import cycle

import torch
from torch import nn
from transformers import Glm4vMoeTextConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.models.glm4v_moe import modeling_glm4v_moe as reference

from benchmarks.kernels import runs_of
from glmv_cli.kernels import nf4
from glmv_cli.kernels.linears import Weights, linears, mlp
from glmv_cli.kernels.rotary import rotate
from glmv_cli.kernels.routing import Rule, route
from glmv_cli.model.attention import Attention4bit, grouped_attention
from glmv_cli.model.head import Head8bit
from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.mlp import MLP4bit, Router
from glmv_cli.model.modules import Experts4bit, Linear4bit
from glmv_cli.model.norm import RMSNorm
from glmv_cli.model.stack import stack_of

HIDDEN, INNER, EXPERTS, CHOSEN, VOCABULARY = 4096, 1408, 128, 8, 151_552
HEADS, GROUPS, WIDTH, ROTATED = 96, 8, 128, 64
COPIES = 16
"""Of weights: in a model, those of the other layers are read in between."""

Work = Callable[[], object]


def packed(rows: int, columns: int) -> Weights:
    weights = torch.randint(256, (rows, columns // 2), dtype=torch.uint8)
    return Weights(weights, torch.rand(rows, columns // nf4.BLOCK_SIZE).add_(0.5).mul_(0.02))


def one_by_one(x: torch.Tensor, matrices: list[Weights]) -> list[torch.Tensor]:
    return [nf4.linear(x, matrix.packed, matrix.absmax, matrix.bias) for matrix in matrices]


def head() -> tuple[Work, Work]:
    head, x = Head8bit(VOCABULARY, HIDDEN), torch.randn(1, HIDDEN)
    head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, HIDDEN, dtype=torch.bfloat16), requires_grad=False)
    head.compress()
    whole, ones = torch.ones(VOCABULARY, HIDDEN, dtype=torch.int8), torch.ones(VOCABULARY, dtype=torch.bfloat16)
    return lambda: head(x), lambda: torch._weight_int8pack_mm(x.bfloat16(), whole, ones)


def projections() -> tuple[Work, Work]:
    rows = (HEADS * WIDTH, GROUPS * WIDTH, GROUPS * WIDTH)
    layers = [[packed(count, HIDDEN) for count in rows] for _ in range(COPIES)]
    x, ours, theirs = torch.randn(1, 1, HIDDEN), cycle(layers), cycle(layers)
    return lambda: linears(x, next(ours)), lambda: one_by_one(x, next(theirs))


def shared_expert() -> tuple[Work, Work]:
    layers = [(packed(INNER, HIDDEN), packed(INNER, HIDDEN), packed(HIDDEN, INNER)) for _ in range(COPIES)]
    x, ours, theirs = torch.randn(1, 1, HIDDEN), cycle(layers), cycle(layers)

    def plain() -> object:
        gate, up, down = next(theirs)
        gated, upward = one_by_one(x, [gate, up])
        return one_by_one(torch.nn.functional.silu(gated) * upward, [down])

    return lambda: mlp(x, *next(ours)), plain


def router() -> tuple[Work, Work]:
    module = reference.Glm4vMoeTextTopkRouter(
        Glm4vMoeTextConfig(hidden_size=HIDDEN, n_routed_experts=EXPERTS, num_experts_per_tok=CHOSEN)
    )
    x, weight = torch.randn(1, HIDDEN), torch.randn(EXPERTS, HIDDEN)
    correction, rule = torch.zeros(EXPERTS), Rule(CHOSEN, 1, 1, True, 1.0)
    return lambda: route(x, weight, correction, rule), lambda: module(x)


def norm() -> tuple[Work, Work]:
    ours, theirs, x = RMSNorm(HIDDEN, 1e-5), reference.Glm4vMoeTextRMSNorm(HIDDEN, eps=1e-5), torch.randn(1, 1, HIDDEN)
    return lambda: ours(x), lambda: theirs(x)


def rotary() -> tuple[Work, Work]:
    q, k = torch.randn(1, 1, HEADS, WIDTH), torch.randn(1, 1, GROUPS, WIDTH)
    cosines, sines = torch.rand(1, 1, ROTATED), torch.rand(1, 1, ROTATED)
    first, second = q.transpose(1, 2), k.transpose(1, 2)
    return (
        lambda: (rotate(q, cosines, sines, False), rotate(k, cosines, sines, False)),
        lambda: reference.apply_rotary_pos_emb(first, second, cosines, sines),
    )


def attention(tokens: int, before: int) -> tuple[Work, Work]:
    length = before + tokens
    q, (k, v) = torch.randn(1, HEADS, tokens, WIDTH), torch.randn(2, 1, GROUPS, length, WIDTH)
    mask = torch.ones(1, 1, tokens, length, dtype=torch.bool).tril(before) if tokens > 1 else None
    module = torch.nn.Module()
    module.num_key_value_groups = HEADS // GROUPS  # type: ignore[assignment]  # what the function asks a module for
    scaling = WIDTH**-0.5
    return (
        lambda: grouped_attention(q, k, v, mask, scaling),
        lambda: sdpa_attention_forward(module, q, k, v, mask, scaling=scaling),
    )


def body() -> nn.Module:
    """The language model, with our modules, of two layers with a quarter of the experts and a small vocabulary."""
    config = Glm4vMoeTextConfig(
        hidden_size=HIDDEN, moe_intermediate_size=INNER, n_routed_experts=EXPERTS // 4, num_experts_per_tok=CHOSEN,
        num_attention_heads=HEADS, num_key_value_heads=GROUPS, head_dim=WIDTH, first_k_dense_replace=0,
        num_hidden_layers=2, vocab_size=64, pad_token_id=0,
    )  # fmt: skip
    config._attn_implementation = "sdpa"
    with torch.device("meta"):
        made = reference.Glm4vMoeTextModel(config)
        for path, module in list(made.named_modules()):
            if (ours := in_place_of(module)) is not None:
                made.set_submodule(path, ours)
    model: nn.Module = made.to_empty(device="cpu").eval().requires_grad_(False)
    model.rotary_emb = reference.Glm4vMoeTextRotaryEmbedding(config)
    for tensor in model.parameters():
        tensor.random_(256) if tensor.dtype == torch.uint8 else tensor.uniform_(0.01, 0.03)
    return model


def in_place_of(module: nn.Module) -> nn.Module | None:
    """As the loader does it."""
    match type(module).__name__.removeprefix("Glm4vMoe").removeprefix("Text"):
        case "RMSNorm":
            return RMSNorm(len(module.weight), 1e-5)  # type: ignore[arg-type]  # a tensor
        case "TopkRouter":
            return Router(Rule(CHOSEN, 1, 1, True, 1.0), EXPERTS // 4, HIDDEN)
        case "Experts":
            return Experts4bit(EXPERTS // 4, HIDDEN, INNER)
        case "MLP":
            return MLP4bit(module)
        case "Attention":
            return Attention4bit(module, WIDTH, int(module.layer_idx), pairs=False)  # type: ignore[arg-type]
        case "Linear":
            return Linear4bit(module.in_features, module.out_features, module.bias is not None)  # type: ignore[arg-type]
    return None


def layers(before: int) -> tuple[Work, Work]:
    model = body()
    stack, x = stack_of(model), torch.randn(1, 1, HIDDEN)
    assert stack is not None
    caches = [KVCache(2, before + 64) for _ in range(2)]
    for cache in caches:
        cache.room(before, GROUPS, WIDTH)
        cache.extend(before)

    def whole() -> object:
        caches[0].truncate(before)
        return stack.forward(torch.randn(1, 1, HIDDEN), torch.full((3, 1, 1), before), caches[0])

    def parts() -> object:
        caches[1].truncate(before)
        positions = torch.full((3, 1, 1), before)
        return model(inputs_embeds=torch.randn_like(x), position_ids=positions, past_key_values=caches[1])

    return whole, parts


PARTS: dict[str, Callable[[], tuple[Work, Work]]] = {
    "head, 8 bit; torch: bf16 products": head,
    "q, k, v in one call; one by one": projections,
    "shared expert; one by one": shared_expert,
    "router": router,
    "norm": norm,
    "rotary positions": rotary,
    "attention, 512 tokens": lambda: attention(1, 511),
    "attention, 8,192 tokens": lambda: attention(1, 8191),
    "two layers in one call; our modules": lambda: layers(64),
    "the same after 8,192 tokens": lambda: layers(8192),
    "prompt of 512 after 3,584: attention": lambda: attention(512, 3584),
}


def milliseconds(runs: int, works: tuple[Work, ...]) -> list[float]:
    """Medians; the candidates take turns, so that a busy moment of the machine hits all of them."""
    times: list[list[float]] = [[] for _ in works]
    for run in range(-1, runs):
        for work, found in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            if run >= 0:
                found.append(1e3 * (time.perf_counter() - started))
    return [statistics.median(found) for found in times]


def main() -> None:
    runs = runs_of(__doc__, 15)
    memory = torch.ones(1 << 28)
    with torch.inference_mode():
        (reading,) = milliseconds(runs, (lambda: memory.sum(),))
        print(f"{torch.get_num_threads()} threads; memory is read at {memory.nbytes / reading / 1e6:.1f} GB/s")
        print(f"{'ms':38} {'ours':>8} {'theirs':>8}")
        for name, make in PARTS.items():
            ours, theirs = milliseconds(runs, make())
            print(f"{name:38} {ours:8.3f} {theirs:8.3f} {theirs / ours:7.1f} x", flush=True)


if __name__ == "__main__":
    main()
