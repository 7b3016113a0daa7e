"""16-bit checkpoint → 4-bit checkpoint, in the layout of :mod:`glmv_cli.layout`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save_file

from glmv_cli.errors import ModelError
from glmv_cli.kernels import nf4
from glmv_cli.layout import ABSMAX, QUANT_MAP, QUANT_STATE, split_expert, storage_of
from glmv_cli.model.checkpoint import Checkpoint

_COPIED = (
    "generation_config.json", "preprocessor_config.json", "video_preprocessor_config.json", "tokenizer.json",
    "tokenizer_config.json", "chat_template.jinja",
)  # fmt: skip


_AGAIN = "copy the checkpoint again"


def quantize_checkpoint(source: Path, target: Path) -> None:
    """Writes into the new or empty directory ``target``: one safetensors file, and the JSON files of ``source``.

    ``source`` has the layout of the released checkpoints: one tensor an expert, bf16 (or any float type).
    Raises :class:`ModelError` if it is incomplete.
    """
    checkpoint = Checkpoint.open(source)
    tensors: dict[str, torch.Tensor] = {}
    for name, parts in _fused_names(checkpoint):
        weight = _fuse(checkpoint, name, parts)
        tensors |= _stored(name, weight) if storage_of(name) == "nf4" else {name: weight}
    target.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    (target / "config.json").write_text(json.dumps(_config(checkpoint), indent=2) + "\n", encoding="utf-8")
    for name in _COPIED:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def _fused_names(checkpoint: Checkpoint) -> Iterator[tuple[str, list[str]]]:
    """Every tensor of the result with the tensors it is made from; experts' in the order in which they are fused."""
    experts: dict[str, dict[tuple[int, int], str]] = {}
    for name in sorted(checkpoint.files):
        found = split_expert(name)
        if found is None:
            yield name, [name]
            continue
        base, expert, proj = found
        fused = f"{base}.{'down_proj' if proj == 'down' else 'gate_up_proj'}"
        experts.setdefault(fused, {})[expert, proj == "up"] = name
    for fused, parts in experts.items():
        count = 1 + max(expert for expert, _ in parts)
        halves = (False,) if fused.endswith("down_proj") else (False, True)
        if lacking := set(product(range(count), halves)) - set(parts):
            expert, is_up = min(lacking)
            raise ModelError(
                f"{fused}: expert {expert} lacks its {'up' if is_up else 'gate or down'} projection", _AGAIN
            )
        yield fused, [parts[key] for key in sorted(parts)]


def _fuse(checkpoint: Checkpoint, name: str, parts: list[str]) -> torch.Tensor:
    """One tensor, or the experts' stacked: gate and up ``[E, 2I, H]``, down ``[E, H, I]``."""
    read = checkpoint.read(parts)
    if parts == [name]:
        return read[name].contiguous()
    stack = torch.stack([read[part] for part in parts])  # [E or 2E, rows, columns]
    if name.endswith("gate_up_proj"):
        stack = stack.reshape(len(stack) // 2, -1, stack.shape[-1])  # [E, 2I, H]
    return stack


def _stored(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    try:
        packed, absmax = nf4.quantize(weight)
    except ValueError as error:
        raise ModelError(f"cannot quantize '{name}': {error}") from error
    if weight.ndim == 3:
        return {name: packed, f"{name}.{ABSMAX}": absmax}
    state = {
        "quant_type": "nf4",
        "blocksize": nf4.BLOCK_SIZE,
        "dtype": str(weight.dtype).removeprefix("torch."),
        "shape": list(weight.shape),
    }
    return {
        name: packed.reshape(-1, 1),
        f"{name}.{ABSMAX}": absmax.flatten(),
        f"{name}.{QUANT_MAP}": torch.tensor(nf4.NF4_CODE),
        f"{name}.{QUANT_STATE}": torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8),
    }


def _config(checkpoint: Checkpoint) -> dict[str, object]:
    return checkpoint.config | {
        "quantization_config": {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": False,
            "bnb_4bit_quant_storage": "uint8",
            "llm_int8_skip_modules": ["lm_head", "visual", "gate"],
        }
    }
