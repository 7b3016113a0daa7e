"""Small checkpoints for the tests of quantizing: those of the families, and what FP8 releases make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file, save_file

from glmv_cli.kernels import nf4
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource

Scales = Literal["tensor", "channel", "block", "block_inv"]


def read_all(directory: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint, by whatever files it has."""
    return {name: tensor for file in directory.glob("*.safetensors") for name, tensor in load_file(file).items()}


def quantized(source: Path, target: Path, **options: Any) -> dict[str, torch.Tensor]:
    """The tensors of the result, packed ones as float32 weights, companions left out."""
    quantize(LocalSource.open(source), target, **options)
    return unpacked(target)


def unpacked(directory: Path) -> dict[str, torch.Tensor]:
    """The weights of a 4-bit checkpoint."""
    stored = read_all(directory)
    weights: dict[str, torch.Tensor] = {}
    for name, tensor in stored.items():
        if f"{name}.absmax" not in stored:
            if ".quant_" not in name and not name.endswith(".absmax"):
                weights[name] = tensor
            continue
        absmax = stored[f"{name}.absmax"]
        if tensor.ndim == 3:
            weights[name] = nf4.dequantize(tensor, absmax)
        else:
            state = json.loads(bytes(stored[f"{name}.quant_state.bitsandbytes__nf4"].tolist()))
            flat = nf4.dequantize(tensor.reshape(-1, 32), absmax.reshape(-1, 1))
            weights[name] = flat.reshape(state["shape"])
    return weights


def files_of(directory: Path) -> dict[str, bytes]:
    """Name → content."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def to_fp8(directory: Path, scales: Scales, block: int = 128) -> dict[str, torch.Tensor]:
    """Turns the linear layers of the text model in a one-file checkpoint into FP8, as the releases do.

    Returns what they are worth: name → float32.
    """
    path = directory / "model.safetensors"
    tensors = load_file(path)
    worth: dict[str, torch.Tensor] = {}
    ignored = ["lm_head"]
    for name in list(tensors):
        if not name.endswith("_proj.weight") or "visual" in name:
            continue
        weight = tensors[name].float()
        rows, columns = weight.shape
        if scales == "tensor":
            amax = weight.abs().amax().reshape(1)
            spread = amax
        elif scales == "channel":
            amax = weight.abs().amax(1, keepdim=True)
            spread = amax
        else:
            down, across = -(-rows // block), -(-columns // block)
            padded = torch.zeros(down * block, across * block)
            padded[:rows, :columns] = weight
            amax = padded.reshape(down, block, across, block).abs().amax((1, 3))
            spread = amax.repeat_interleave(block, 0).repeat_interleave(block, 1)[:rows, :columns]
        stored = amax / 448 if scales == "block_inv" else (amax / 448).bfloat16()
        spread = spread / 448 if scales == "block_inv" else (spread / 448).bfloat16().float()
        tensors[name] = (weight / spread).to(torch.float8_e4m3fn)
        worth[name] = tensors[name].float() * spread
        tensors[name + ("_scale_inv" if scales == "block_inv" else "_scale")] = stored
        tensors[name.replace(".weight", ".input_scale")] = torch.ones(1)
    save_file(tensors, path, metadata={"format": "pt"})
    config = json.loads((directory / "config.json").read_text())
    config["quantization_config"] = _fp8_config(scales, block, ignored)
    (directory / "config.json").write_text(json.dumps(config))
    return worth


def _fp8_config(scales: Scales, block: int, ignored: list[str]) -> dict[str, Any]:
    if scales == "block_inv":
        return {
            "quant_method": "fp8",
            "fmt": "e4m3",
            "activation_scheme": "dynamic",
            "weight_block_size": [block, block],
        }
    weights = {"num_bits": 8, "type": "float", "strategy": scales, "symmetric": True, "dynamic": False}
    if scales == "block":
        weights["block_structure"] = [block, block]
    activations = {"num_bits": 8, "type": "float", "strategy": "token", "dynamic": True}
    group = {"targets": ["Linear"], "weights": weights, "input_activations": activations}
    return {
        "quant_method": "compressed-tensors",
        "format": "float-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": group},
        "ignore": ignored,
    }
