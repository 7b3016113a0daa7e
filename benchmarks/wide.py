"""A model as wide as GLM-4.5V: loading, memory, speed, all in memory and with half of it on disk, beside transformers.

    python -m benchmarks.wide DIRECTORY [--no-peer]

Writes a checkpoint of about 7.5 GB with random weights into DIRECTORY, unless one is there: the text layers of
GLM-4.5V, one dense and four with 128 experts, and its vocabulary of 151,552. Each measurement is a process of its own,
in the same run, after the files have been read once. The peer is the class of transformers in bfloat16 with three
layers, which takes 12 GB. Delete DIRECTORY afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.random_checkpoint import write_random_checkpoint

CONFIG = Path(__file__).parent.parent / "tests" / "data" / "configs" / "glm-4.5-air.json"
LAYERS, PEER_LAYERS = 5, 3
CONTEXT = 1024
PREFILLS = (128, 512)
DECODED = 16


def wide_config(layers: int) -> dict[str, Any]:
    """GLM-4.5-Air is GLM-4.5V without its vision tower."""
    config: dict[str, Any] = json.loads(CONFIG.read_text())
    return config | {"num_hidden_layers": layers, "num_nextn_predict_layers": 0}


def anonymous() -> int:
    """Bytes of this process that are in no file."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise OSError("no 'Anonymous' in smaps_rollup")


def rates(forward: Callable[[Any, Any], None], cache: Callable[[], Any]) -> dict[str, float]:
    """Tokens a second; ``forward`` takes token ids ``[1, n]`` and a cache, and gives logits."""
    import torch

    found: dict[str, float] = {}
    random = torch.Generator().manual_seed(0)
    kept = cache()
    for length in PREFILLS:
        kept = cache()
        ids = torch.randint(151_000, (1, length), generator=random)
        started = time.perf_counter()
        forward(ids, kept)
        found[f"prefill {length}"] = length / (time.perf_counter() - started)
    started = time.perf_counter()
    for _ in range(DECODED):
        forward(torch.randint(151_000, (1, 1), generator=random), kept)
    found["decode"] = DECODED / (time.perf_counter() - started)
    return found


def ours(directory: Path, share: float) -> dict[str, Any]:
    """glmv, with room in memory for this ``share`` of the weights."""
    import torch
    import transformers

    from glmv_cli.cli.process import reuse_freed_memory
    from glmv_cli.model.loader import load_model, open_checkpoint
    from glmv_cli.model.network import network_of
    from glmv_cli.model.offload.attach import attach_offload
    from glmv_cli.placement.budget import Wishes
    from glmv_cli.placement.hardware import probe
    from glmv_cli.placement.model import read_model
    from glmv_cli.placement.plan import CPU
    from glmv_cli.placement.planner import make_plan

    _ = transformers.Glm4MoeForCausalLM, transformers.PreTrainedModel  # their modules are imported when first asked for
    reuse_freed_memory(os.environ)
    before, started = anonymous(), time.perf_counter()
    sizes = read_model(directory, "wide").sizes
    machine = probe({"CUDA_VISIBLE_DEVICES": ""})
    plan = make_plan(sizes, machine, Wishes(context=CONTEXT))
    whole = next(tier for tier in plan.tiers if tier.place == CPU)
    if share < 1:
        allowed = whole.used - int((1 - share) * whole.weights)
        plan = make_plan(sizes, machine, Wishes(cpu_memory=allowed, context=CONTEXT))
    checkpoint, family = open_checkpoint(directory)
    model = load_model(checkpoint, family, plan)
    offload = attach_offload(model, plan, checkpoint)
    result: dict[str, Any] = {"load s": time.perf_counter() - started, "anonymous": anonymous() - before}
    held = sum(tensor.nbytes for tensor in model.parameters())
    result |= {"planned": whole.weights, "held": held, "bytes read": 0, "hit ratio": 1.0}
    network = network_of(model)

    def forward(ids: torch.Tensor, cache: Any) -> None:
        positions = torch.arange(cache.length, cache.length + ids.shape[1])[None]
        network.logits(network.forward(network.embed_tokens(ids), positions, cache))

    with torch.inference_mode():
        result |= rates(forward, lambda: network.new_cache(CONTEXT))
    usage = offload.usage()
    return result | {"anonymous after": anonymous() - before, "bytes read": usage.bytes_read,
                     "hit ratio": usage.disk_hit_ratio, "limit": plan.cpu_memory}  # fmt: skip


def peer() -> dict[str, Any]:
    """transformers, as it comes, with random weights."""
    import torch
    from transformers import DynamicCache, Glm4MoeConfig, Glm4MoeForCausalLM

    started = time.perf_counter()
    config = Glm4MoeConfig.from_dict(wide_config(PEER_LAYERS))
    with torch.device("meta"):
        model = Glm4MoeForCausalLM._from_config(config, dtype=torch.bfloat16)
    model = model.to_empty(device="cpu").eval().requires_grad_(False)
    tile = 0.02 * torch.randn(4_000_037, generator=torch.Generator().manual_seed(0)).bfloat16()
    for name, weight in model.state_dict().items():
        flat = weight.view(-1)
        for start in range(0, len(flat), len(tile)):
            part = flat[start : start + len(tile)]
            part.copy_(tile[: len(part)]) if weight.ndim > 1 else part.fill_(float(name.endswith("norm.weight")))
    model.get_input_embeddings().weight.mul_(50)  # as in the random checkpoint
    model.model.rotary_emb = type(model.model.rotary_emb)(config)  # its table is no part of the weights
    result: dict[str, Any] = {"load s": time.perf_counter() - started, "anonymous": anonymous()}
    with torch.inference_mode():
        return result | rates(
            lambda ids, cache: model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1),
            lambda: DynamicCache(config=config),
        )


def measured(*arguments: str) -> dict[str, Any]:
    """What one of the above returns, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.wide", *arguments]
    root, environ = Path(__file__).parent.parent, os.environ | {"TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root, env=environ)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def warm_up(files: Iterable[Path]) -> int:
    """Reads them, so that they are in the page cache; their bytes."""
    total = 0
    for path in files:
        with path.open("rb", buffering=0) as file:
            while part := file.read(1 << 24):
                total += len(part)
    return total


def show(title: str, result: dict[str, Any]) -> None:
    speeds = [f"{result[f'prefill {length}']:7.1f}" for length in PREFILLS] + [f"{result['decode']:7.2f}"]
    memory = f"{result['anonymous'] / 2**30:6.2f} GiB"
    print(f"{title:44} {result['load s']:6.2f} s {memory} {' '.join(speeds)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("directory", type=lambda path: Path(path).resolve())
    parser.add_argument("--no-peer", action="store_true", help="leave out transformers, which needs 12 GB")
    parser.add_argument("--child", choices=["ours", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--share", type=float, default=1.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(peer() if options.child == "peer" else ours(options.directory, options.share)))
        return
    compare(options.directory, with_peer=not options.no_peer)


def compare(directory: Path, *, with_peer: bool) -> None:
    if not (directory / "config.json").exists():
        started = time.perf_counter()
        size = write_random_checkpoint(directory, wide_config(LAYERS))
        print(f"wrote {size / 1e9:.1f} GB in {time.perf_counter() - started:.0f} s")
    size = warm_up(directory.glob("*.safetensors"))
    speeds = " ".join([f"pre {length:3}" for length in PREFILLS] + [" decode"])
    print(f"{f'{size / 1e9:.1f} GB of weights, tokens/s':44} {'load':>8} {'anonymous':>10} {speeds}")
    whole = measured(str(directory), "--child", "ours")
    show(f"glmv, 4 bit, {LAYERS} layers", whole)
    half = measured(str(directory), "--child", "ours", "--share", "0.5")
    show("  the same with memory for half of it", half)
    if with_peer:
        show(f"transformers, bf16, {PEER_LAYERS} layers", measured(str(directory), "--child", "peer"))
    off = whole["held"] / whole["planned"] - 1
    print(f"plan: {whole['planned']:,} bytes of weights; the loader holds {whole['held']:,} ({off:+.2%})")
    allowed, read = half["limit"] / 1e9, half["bytes read"] / 1e9
    print(f"half: {allowed:.2f} GB of weights allowed, {read:.1f} GB read, hit ratio {half['hit ratio']:.0%}")


if __name__ == "__main__":
    main()
