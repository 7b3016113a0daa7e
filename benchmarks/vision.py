"""The vision tower on this CPU beside transformers' own: ``python -m benchmarks.vision [PIXELS] [--layers N]``.

A tower of GLM-4.5V's widths with random weights sees one square picture, a megapixel unless said otherwise: ours in
float32 and with bfloat16 products, transformers' in float32 and in bfloat16, in turns. Two depths are timed; the time
of the released depth follows from them (``--layers 24`` computes all of it). Errors are those of what comes out.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import AutoModel, Glm4vMoeConfig
from transformers.modeling_outputs import BaseModelOutputWithPooling

from glmv_cli.model.tower import tower_module

VISION: dict[str, Any] = {
    "depth": 24, "hidden_size": 1536, "image_size": 336, "in_channels": 3, "intermediate_size": 10944, "num_heads": 12,
    "out_hidden_size": 4096, "patch_size": 14, "rms_norm_eps": 1e-5, "spatial_merge_size": 2, "temporal_patch_size": 2,
    "attention_bias": False,
}  # fmt: skip
PARTS = {
    "patch embedding": ("patch_embed",),
    "positions": ("embeddings", "rotary_pos_emb"),
    "attention": ("attn",),
    "MLP": ("mlp",),
    "merger": ("downsample", "merger"),
}
Tower = tuple[nn.Module, torch.dtype]


def theirs(depth: int) -> nn.Module:
    """The class of transformers, whose weights are numbers of bfloat16."""
    config = Glm4vMoeConfig(vision_config=VISION | {"depth": depth}).vision_config
    tower: nn.Module = AutoModel.from_config(config, attn_implementation="sdpa").eval().requires_grad_(False)
    for weight in tower.parameters():
        weight.data = weight.data.bfloat16().float()
    return tower


def ours(like: nn.Module, products: torch.dtype) -> nn.Module:
    """As the loader makes it: large weights in 16 bit, and vectors in float32."""
    tower = copy.deepcopy(like)
    for path, module in list(tower.named_modules()):
        made = tower_module(f"visual.{path}", module, products)
        if made is None:
            continue
        weights = dict(module.named_parameters())
        if not isinstance(module, nn.Conv3d) and weights["weight"].ndim > 1:
            weights["weight"] = nn.Parameter(weights["weight"].bfloat16(), requires_grad=False)
        made.load_state_dict(weights, assign=True)
        tower.set_submodule(path, made)
    return tower


def see(tower: Tower, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    module, dtype = tower
    with torch.inference_mode():
        seen: BaseModelOutputWithPooling = module(patches.to(dtype), grid)
    assert seen.pooler_output is not None
    tokens: torch.Tensor = seen.pooler_output.float()
    return tokens


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def by_part(tower: Tower, patches: torch.Tensor, grid: torch.Tensor) -> dict[str, float]:
    """Seconds of one pass, by part."""
    spent = dict.fromkeys(PARTS, 0.0)
    part_of = {name: part for part, names in PARTS.items() for name in names}
    hooks = []
    for path, module in tower[0].named_modules():
        name = path.split(".")[-1] if path.count(".") in (0, 2) else ""
        if name not in part_of:
            continue

        def before(*_: object, part: str = part_of[name]) -> None:
            spent[part] -= time.perf_counter()

        def after(*_: object, part: str = part_of[name]) -> None:
            spent[part] += time.perf_counter()

        hooks += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    whole = seconds(lambda: see(tower, patches, grid))
    for hook in hooks:
        hook.remove()
    return spent | {"norms and the rest": whole - sum(spent.values())}


def towers(depth: int) -> dict[str, Tower]:
    torch.manual_seed(1)
    exact = theirs(depth)
    return {
        "transformers float32": (exact, torch.float32),
        "transformers bfloat16": (copy.deepcopy(exact).bfloat16(), torch.bfloat16),
        "glmv float32": (ours(exact, torch.float32), torch.float32),
        "glmv bfloat16": (ours(exact, torch.bfloat16), torch.float32),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pixels", type=int, nargs="?", default=1 << 20)
    parser.add_argument("--layers", type=int, default=3, help="depth that is timed, beside a depth of 1")
    parser.add_argument("--runs", type=int, default=2)
    args = parser.parse_args()
    side = max(2, round(args.pixels**0.5 / 28) * 2)
    grid = torch.tensor([[1, side, side]])
    patches = torch.randn(side * side, 3 * 2 * 14 * 14)
    print(f"{side * 14} x {side * 14} pixels: {side * side} patches, {side * side // 4} tokens; median of {args.runs}")
    whole = measure(args.layers, args.runs, patches, grid)
    for name, value in whole.items():
        tokens = f"{side * side / 4 / value:6.0f} tokens/s, {side * side / value:6.0f} patches/s"
        print(
            f"{name:22} {value:7.2f} s  {tokens}  {whole['transformers float32'] / value:5.2f} x transformers float32"
        )


def measure(layers: int, runs: int, patches: torch.Tensor, grid: torch.Tensor) -> dict[str, float]:
    """Seconds of the released depth. Prints errors and the parts of ours."""
    deep = towers(layers)
    small = patches[:64], torch.tensor([[1, 8, 8]])
    exact = see(deep["transformers float32"], *small)
    for name, tower in deep.items():
        loss = float((see(tower, *small) - exact).norm() / exact.norm())
        cosine = float(F.cosine_similarity(see(tower, *small), exact, dim=-1).min())
        print(f"{name:22} error {loss:.4f}, cosine at least {cosine:.6f} ({layers} layers, 64 patches)")
    at_depth = {layers: timed(deep, runs, patches, grid)}
    for name in ("glmv float32", "glmv bfloat16"):
        parts = by_part(deep[name], patches, grid)
        print(f"{name}, {layers} layers:", ", ".join(f"{part} {value:.3f} s" for part, value in parts.items()))
    del deep
    if layers == VISION["depth"]:
        return at_depth[layers]
    at_depth[1] = timed(towers(1), runs, patches, grid)
    each = {name: (at_depth[layers][name] - value) / (layers - 1) for name, value in at_depth[1].items()}
    return {name: value + (VISION["depth"] - 1) * each[name] for name, value in at_depth[1].items()}


def timed(those: dict[str, Tower], runs: int, patches: torch.Tensor, grid: torch.Tensor) -> dict[str, float]:
    """Median seconds; in turn, so that a slow minute hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in those}
    for _ in range(runs):
        for name, tower in those.items():
            found[name].append(seconds(lambda tower=tower: see(tower, patches, grid)))  # type: ignore[misc]
    return {name: statistics.median(values) for name, values in found.items()}


if __name__ == "__main__":
    main()
