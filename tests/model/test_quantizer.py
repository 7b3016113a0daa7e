"""The shipped checkpoint comes from the bf16 original, and its linear layers are what bitsandbytes would write."""

from __future__ import annotations

import json
from pathlib import Path

import bitsandbytes as bnb
import pytest
import torch
from safetensors.torch import load_file, save_file

from glmv_cli.errors import ModelError
from glmv_cli.layout import storage_of
from glmv_cli.model.quantizer import quantize_checkpoint

LINEAR = "model.language_model.layers.1.self_attn.q_proj"


def test_the_shipped_checkpoint_is_the_original_quantized(
    original_directory: Path, demo_directory: Path, tmp_path: Path
) -> None:
    quantize_checkpoint(original_directory, tmp_path / "again")
    for file in demo_directory.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_shipped_checkpoint_is_small(demo_directory: Path, original_directory: Path) -> None:
    assert sum(f.stat().st_size for f in demo_directory.iterdir()) <= 4_000_000
    assert sum(f.stat().st_size for f in original_directory.iterdir()) <= 9_000_000


def test_a_linear_layer_has_the_keys_and_bytes_of_bitsandbytes(original_directory: Path, demo_directory: Path) -> None:
    weight = load_file(original_directory / "model.safetensors")[f"{LINEAR}.weight"]
    layer = bnb.nn.Linear4bit(192, 192, bias=False, quant_type="nf4", compress_statistics=False)
    layer.weight = bnb.nn.Params4bit(weight, requires_grad=False, quant_type="nf4", compress_statistics=False)
    layer.to("cpu")
    expected = {f"{LINEAR}.{key}": value for key, value in layer.state_dict().items()}
    stored = load_file(demo_directory / "model.safetensors")
    assert {k for k in stored if k.startswith(f"{LINEAR}.weight")} == set(expected)
    for key, value in expected.items():
        if key.endswith("bitsandbytes__nf4"):
            assert json.loads(bytes(stored[key].tolist())) == json.loads(bytes(value.tolist()))
        else:
            assert torch.equal(stored[key], value), key


def test_experts_are_fused_gate_first(original_directory: Path, demo_directory: Path) -> None:
    from glmv_cli.kernels import nf4

    base = "model.language_model.layers.2.mlp.experts"
    stored, source = (load_file(d / "model.safetensors") for d in (demo_directory, original_directory))
    unpacked = nf4.dequantize(stored[f"{base}.gate_up_proj"], stored[f"{base}.gate_up_proj.absmax"])
    for expert in (0, 7):
        for half, proj in zip(unpacked[expert].chunk(2), ("gate", "up"), strict=True):
            again, scale = nf4.quantize(source[f"{base}.{expert}.{proj}_proj.weight"])
            assert torch.equal(half, nf4.dequantize(again, scale))


@pytest.mark.parametrize("lost", [["3.up"], ["3.up", "5.gate"], ["4.down"], ["0.gate", "0.up"]])
def test_an_expert_that_lacks_a_part_is_refused(original_directory: Path, tmp_path: Path, lost: list[str]) -> None:
    tensors = load_file(original_directory / "model.safetensors")
    for part in lost:
        del tensors[f"model.language_model.layers.2.mlp.experts.{part}_proj.weight"]
    (tmp_path / "config.json").write_text((original_directory / "config.json").read_text())
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match=r"layers\.2\.mlp\.experts"):
        quantize_checkpoint(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "storage"),
    [
        ("model.language_model.layers.0.mlp.gate_proj.weight", "nf4"),
        ("model.language_model.layers.3.mlp.experts.down_proj", "nf4"),
        ("model.language_model.layers.3.mlp.shared_experts.up_proj.weight", "nf4"),
        ("model.language_model.layers.3.self_attn.o_proj.weight", "nf4"),
        ("model.language_model.layers.3.self_attn.q_proj.bias", "half"),
        ("model.language_model.layers.3.mlp.gate.weight", "half"),
        ("model.language_model.layers.3.mlp.gate.e_score_correction_bias", "keep"),
        ("model.language_model.layers.3.input_layernorm.weight", "half"),
        ("model.language_model.embed_tokens.weight", "half"),
        ("model.visual.blocks.0.mlp.gate_proj.weight", "half"),
        ("model.visual.merger.up_proj.weight", "half"),
        ("lm_head.weight", "half"),
    ],
)
def test_what_is_packed(name: str, storage: str) -> None:
    assert storage_of(name) == storage
