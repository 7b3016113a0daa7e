"""Small random checkpoints of every family, as they lie on the hub: one tensor an expert, sharded, with MTP layers."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Literal

import torch
import transformers
from safetensors.torch import save_file

from tests.releases import GENERATION, RELEASES, Release

_ROOT = Path(__file__).parent.parent
_DEMO = _ROOT / "glmv_cli" / "demo"
_TEMPLATES = _ROOT / "tests" / "data" / "templates"
Dtype = Literal["bfloat16", "float16", "float32"]


def write_checkpoint(
    directory: Path,
    family: str,
    *,
    dtype: Dtype = "bfloat16",
    shards: int = 1,
    prefix: str | None = None,
    mtp: bool = False,
    tied: bool = False,
    seed: int = 0,
) -> Path:
    """Writes a 16- or 32-bit checkpoint of ``family``, a key of :data:`tests.releases.RELEASES`; returns ``directory``.

    ``prefix``: what the language model's keys begin with, if not as released. For models that see, ``model.`` is the
    old layout, in which the vision tower's keys begin with ``visual.``.
    ``mtp``: with one layer for multi-token prediction. ``tied``: the head is the embedding, and is not in the file.
    """
    release = RELEASES[family]
    directory.mkdir(parents=True, exist_ok=True)
    config = release.config | {"dtype": dtype, "tie_word_embeddings": tied}
    _write_json(directory / "config.json", config)
    _write_json(directory / "generation_config.json", GENERATION)
    for name, content in release.processor_configs.items():
        _write_json(directory / name, content)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(_DEMO / name, directory / name)
    demo = release.template == "glm-4.5v"  # the demo's template follows it
    template = _DEMO / "chat_template.jinja" if demo else _TEMPLATES / f"{release.template}.jinja"
    shutil.copyfile(template, directory / "chat_template.jinja")
    weights = hub_weights(release, getattr(torch, dtype), mtp=mtp, tied=tied, seed=seed)
    _write_shards(directory, _renamed(weights, release, prefix), shards)
    return directory


def hub_weights(
    release: Release, dtype: torch.dtype, *, mtp: bool = False, tied: bool = False, seed: int = 0
) -> dict[str, torch.Tensor]:
    """Random weights under the released keys, in the order of the layers."""
    generator = torch.Generator().manual_seed(seed)
    shapes = _shapes(release, release.layers + mtp)
    if tied:
        del shapes["lm_head.weight"]
    if mtp:
        shapes |= _mtp_extras(shapes, release)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in shapes.items():
        # In float32, as released, whatever the rest is in.
        kind = torch.float32 if name.endswith("e_score_correction_bias") else dtype
        weights |= _split(name, _random(name, shape, generator).to(kind))
    return weights


def _shapes(release: Release, layers: int) -> dict[str, torch.Size]:
    """Every tensor of the model of transformers with so many layers."""
    config = json.loads(json.dumps(release.config))
    config.get("text_config", config)["num_hidden_layers"] = layers
    model_class = getattr(transformers, config["architectures"][0])
    with torch.device("meta"):
        model = model_class(model_class.config_class.from_dict(config))
    return {name: tensor.shape for name, tensor in model.state_dict().items()}


def _mtp_extras(shapes: dict[str, torch.Size], release: Release) -> dict[str, torch.Size]:
    """What a layer for multi-token prediction has beside a decoder layer."""
    embedding = shapes[f"{release.text_prefix}embed_tokens.weight"]
    hidden = embedding[1]
    base = f"{release.text_prefix}layers.{release.layers}"
    return {
        f"{base}.embed_tokens.weight": embedding,
        f"{base}.eh_proj.weight": torch.Size((hidden, 2 * hidden)),
        f"{base}.enorm.weight": torch.Size((hidden,)),
        f"{base}.hnorm.weight": torch.Size((hidden,)),
        f"{base}.shared_head.norm.weight": torch.Size((hidden,)),
        f"{base}.shared_head.head.weight": embedding,
    }


def _random(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """Large enough that no two logits nearly tie, and that leaving out a norm or a bias shows."""
    noise = torch.randn(shape, generator=generator)
    if len(shape) == 1:
        return 0.1 * noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    if "embed" in name and "patch_embed" not in name:
        return noise
    fan_in = shape[1:].numel() if ".experts." not in name else shape[-1]
    return noise * ((4.0 if "lm_head" in name else 1.0) / math.sqrt(fan_in))


def _split(name: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    """Fused experts → one tensor an expert, as on the hub."""
    base, _, last = name.rpartition(".")
    if not base.endswith(".experts"):
        return {name: tensor}
    parts: dict[str, torch.Tensor] = {}
    for index, expert in enumerate(tensor):  # [2I, H] or [H, I]
        halves = {"gate_proj": expert[: len(expert) // 2], "up_proj": expert[len(expert) // 2 :]}
        for proj, weight in (halves if last == "gate_up_proj" else {last: expert}).items():
            parts[f"{base}.{index}.{proj}.weight"] = weight.clone()
    return parts


def _renamed(weights: dict[str, torch.Tensor], release: Release, prefix: str | None) -> dict[str, torch.Tensor]:
    if prefix is None or prefix == release.text_prefix:
        return weights

    def renamed(name: str) -> str:
        if name.startswith("model.visual."):
            return name.removeprefix("model.")
        if name.startswith(release.text_prefix):
            return prefix + name.removeprefix(release.text_prefix)
        return name

    return {renamed(name): tensor for name, tensor in weights.items()}


def _write_shards(directory: Path, weights: dict[str, torch.Tensor], shards: int) -> None:
    """Of about equal size, the experts of a layer perhaps in two; with an index if there are several."""
    if shards == 1:
        save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
        return
    total = sum(tensor.nbytes for tensor in weights.values())
    files: dict[str, dict[str, torch.Tensor]] = {}
    done = 0
    for name, tensor in weights.items():
        number = 1 + min(shards - 1, done * shards // total)
        files.setdefault(f"model-{number:05}-of-{shards:05}.safetensors", {})[name] = tensor
        done += tensor.nbytes
    for file, tensors in files.items():
        save_file(tensors, directory / file, metadata={"format": "pt"})
    weight_map = {name: file for file, tensors in files.items() for name in tensors}
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    _write_json(directory / "model.safetensors.index.json", index)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
