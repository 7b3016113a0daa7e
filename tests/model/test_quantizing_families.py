"""Checkpoints of every family and layout of the hub become 4-bit ones with the keys of transformers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from glmv_cli.errors import ModelError
from glmv_cli.kernels import nf4
from glmv_cli.layout import storage_of
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from tests.checkpoints import Dtype, write_checkpoint
from tests.model.sources import Scales, files_of, quantized, read_all, to_fp8, unpacked
from tests.releases import RELEASES


def expected_names(directory: Path) -> set[str]:
    """What the class of transformers has."""
    config = json.loads((directory / "config.json").read_text())
    config.pop("quantization_config", None)
    model_class = getattr(transformers, config["architectures"][0])
    with torch.device("meta"):
        names = set(model_class(model_class.config_class.from_dict(config)).state_dict())
    return names - {"lm_head.weight"} if config["tie_word_embeddings"] else names


def rounded(weight: torch.Tensor) -> torch.Tensor:
    return nf4.dequantize(*nf4.quantize(weight))


def check(result: dict[str, torch.Tensor], source: dict[str, torch.Tensor]) -> None:
    """Every weight that is not an expert's is the source's, rounded where it is packed."""
    for name, weight in result.items():
        if ".experts." in name:
            continue
        original = source[name]
        expected = rounded(original) if storage_of(name) == "nf4" else original
        assert torch.equal(weight.float(), expected.float()), name


@pytest.mark.parametrize("family", RELEASES)
def test_every_family_gets_the_names_and_weights_of_its_class(family: str, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", family, mtp="moe" in family, shards=3)
    result = quantized(source, tmp_path / "out")
    assert set(result) == expected_names(source)
    check(result, read_all(source))


def test_experts_are_fused_gate_before_up(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe", shards=3)
    result, original = quantized(source, tmp_path / "out"), read_all(source)
    base = "model.layers.2.mlp.experts"
    gate, up = result[f"{base}.gate_up_proj"][5].chunk(2)
    assert torch.equal(gate, rounded(original[f"{base}.5.gate_proj.weight"]))
    assert torch.equal(up, rounded(original[f"{base}.5.up_proj.weight"]))
    assert torch.equal(result[f"{base}.down_proj"][7], rounded(original[f"{base}.7.down_proj.weight"]))


@pytest.mark.parametrize("family", ["glm4v_moe", "glm4v"])
@pytest.mark.parametrize("prefix", ["model.", "language_model.model.", ""])
def test_older_prefixes_give_the_same_result(family: str, prefix: str, tmp_path: Path) -> None:
    usual = write_checkpoint(tmp_path / "usual", family, shards=2)
    older = write_checkpoint(tmp_path / "older", family, prefix=prefix)
    quantize(LocalSource.open(usual, "x"), tmp_path / "a")
    quantize(LocalSource.open(older, "x"), tmp_path / "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_layers_for_multi_token_prediction_are_left_out(tmp_path: Path) -> None:
    with_mtp = write_checkpoint(tmp_path / "mtp", "glm4v_moe", mtp=True)
    assert any(".layers.3." in name for name in read_all(with_mtp))
    assert not any(".layers.3." in name for name in quantized(with_mtp, tmp_path / "out"))


def test_a_tied_head_stays_out_of_the_file(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm46v", tied=True)
    assert "lm_head.weight" not in quantized(source, tmp_path / "out")


def test_fused_experts_are_taken_as_they_are(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4v_moe")
    quantize(LocalSource.open(source, "x"), tmp_path / "single")
    tensors = load_file(source / "model.safetensors")
    for layer in (1, 2):
        base = f"model.language_model.layers.{layer}.mlp.experts"
        parts = [{p: tensors.pop(f"{base}.{e}.{p}_proj.weight") for p in ("gate", "up", "down")} for e in range(8)]
        tensors[f"{base}.gate_up_proj"] = torch.stack([torch.cat([p["gate"], p["up"]]) for p in parts])
        tensors[f"{base}.down_proj"] = torch.stack([p["down"] for p in parts])
    save_file(tensors, source / "model.safetensors", metadata={"format": "pt"})
    quantize(LocalSource.open(source, "x"), tmp_path / "fused")
    assert files_of(tmp_path / "single") == files_of(tmp_path / "fused")


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_other_float_types(dtype: Dtype, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4v_moe", dtype=dtype)
    result, original = quantized(source, tmp_path / "out"), read_all(source)
    linear = "model.language_model.layers.0.mlp.down_proj.weight"
    assert torch.equal(result[linear], rounded(original[linear]))
    kept = torch.float16 if dtype == "float16" else torch.bfloat16
    text = "model.language_model"
    for name in ("lm_head.weight", "model.visual.blocks.0.attn.qkv.weight", f"{text}.layers.1.mlp.gate.weight"):
        assert torch.equal(result[name], original[name].to(kept))
    correction = f"{text}.layers.1.mlp.gate.e_score_correction_bias"
    assert result[correction].dtype == torch.float32
    assert torch.equal(result[correction], original[correction])
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["dtype"] == str(kept).removeprefix("torch.")
    state = read_all(tmp_path / "out")[f"{linear}.quant_state.bitsandbytes__nf4"]
    assert json.loads(bytes(state.tolist()))["dtype"] == dtype


@pytest.mark.parametrize("scales", ["tensor", "channel", "block", "block_inv"])
def test_fp8_is_what_its_scales_make_of_it(scales: Scales, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4v_moe")
    worth = to_fp8(source, scales, block=48)  # 48 divides no width: blocks at the edges are cut
    result = quantized(source, tmp_path / "out")
    assert set(result) == expected_names(source)
    check(result, read_all(source) | worth)
    base = "model.language_model.layers.1.mlp.experts"
    experts = [torch.cat([worth[f"{base}.{e}.{half}_proj.weight"] for half in ("gate", "up")]) for e in range(8)]
    assert torch.equal(result[f"{base}.gate_up_proj"], rounded(torch.stack(experts)))


def test_the_parts_of_an_fp8_weight_have_the_scales_of_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    to_fp8(source, "block_inv", block=32)
    quantize(LocalSource.open(source, "x"), tmp_path / "whole")
    monkeypatch.setattr("glmv_cli.model.blueprint.PART_ELEMENTS", 1000)
    quantize(LocalSource.open(source, "x"), tmp_path / "parts")
    assert files_of(tmp_path / "whole") == files_of(tmp_path / "parts")


def test_an_fp8_weight_without_scales_is_refused(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    to_fp8(source, "channel")
    tensors = load_file(source / "model.safetensors")
    del tensors["model.layers.0.mlp.up_proj.weight_scale"]
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(ModelError, match=r"lacks the scales of 'model\.layers\.0\.mlp\.up_proj\.weight'"):
        quantize(LocalSource.open(source), tmp_path / "out")


@pytest.mark.parametrize(
    "quantization",
    [
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
        {"quant_method": "compressed-tensors", "format": "pack-quantized"},
        {"quant_method": "fp8", "fmt": "e5m2"},
        {
            "quant_method": "compressed-tensors",
            "format": "float-quantized",
            "config_groups": {"g": {"weights": {"type": "int", "num_bits": 8, "strategy": "channel"}}},
        },
        "fp8",
    ],
)
def test_other_quantizations_are_refused_with_those_that_are_read(quantization: object, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps(config | {"quantization_config": quantization}))
    with pytest.raises(ModelError) as caught:
        quantize(LocalSource.open(source), tmp_path / "out")
    assert "compressed-tensors" in str(caught.value.hint)


def test_a_linear_layer_of_an_odd_width_stays_in_16_bit(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4v")
    tensors = load_file(source / "model.safetensors")
    layers = [f"model.language_model.layers.{index}.mlp" for index in (0, 1)]
    odd = {f"{layer}.down_proj.weight": torch.randn(128, 72).bfloat16() for layer in layers}
    even = {f"{layer}.gate_up_proj.weight": torch.randn(144, 128).bfloat16() for layer in layers}
    save_file(tensors | odd | even, source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    config["text_config"]["intermediate_size"] = 72
    (source / "config.json").write_text(json.dumps(config))
    done = quantize(LocalSource.open(source), tmp_path / "out")
    assert done.kept_linears == tuple(f"{layer}.down_proj" for layer in layers)
    assert all(torch.equal(unpacked(tmp_path / "out")[name], weight) for name, weight in odd.items())
    written = json.loads((tmp_path / "out" / "config.json").read_text())
    assert set(done.kept_linears) <= set(written["quantization_config"]["llm_int8_skip_modules"])
    load_model(*open_checkpoint(tmp_path / "out"))


def test_experts_of_an_odd_width_are_refused(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    tensors = load_file(source / "model.safetensors")
    for expert in range(8):
        tensors[f"model.layers.1.mlp.experts.{expert}.down_proj.weight"] = torch.randn(128, 72).bfloat16()
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(ModelError, match="72 wide"):
        quantize(LocalSource.open(source), tmp_path / "out")


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("model.layers.1.", r"lacks the tensor 'model\.layers\.1\."),
        ("lm_head", r"lacks the tensor 'lm_head\.weight'"),
        ("model.layers.2.mlp.experts.7.", r"experts\.\w+' is \[7, .*, where config\.json says \[8, "),
        ("model.layers.2.mlp.experts.3.up", "expert 3 lacks its up projection"),
    ],
)
def test_an_incomplete_source_is_found_before_any_work(lost: str, message: str, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    tensors = load_file(source / "model.safetensors")
    save_file({n: t for n, t in tensors.items() if not n.startswith(lost)}, source / "model.safetensors")
    with pytest.raises(ModelError, match=message):
        quantize(LocalSource.open(source), tmp_path / "out")
    assert not (tmp_path / "out.partial").exists()


@pytest.mark.parametrize(
    "name", ["transformer.h.0.attn", "model.layers.0.self_attn.sinks", "model.layers.1.mlp.experts.0.scale"]
)
def test_a_foreign_tensor_is_named(name: str, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    tensors = load_file(source / "model.safetensors")
    save_file(tensors | {name: torch.ones(2)}, source / "model.safetensors")
    with pytest.raises(ModelError, match=re.escape(f"'{name}'")):
        quantize(LocalSource.open(source), tmp_path / "out")


def test_a_tensor_of_another_shape_is_named(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    name = "model.layers.0.self_attn.q_proj.weight"
    tensors = load_file(source / "model.safetensors") | {name: torch.ones(64, 128)}
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(ModelError, match=r"q_proj\.weight' is \[64, 128\], where config\.json says \[128, 128\]"):
        quantize(LocalSource.open(source), tmp_path / "out")


def test_a_head_that_is_there_is_kept_though_the_config_says_it_is_tied(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    config = json.loads((source / "config.json").read_text()) | {"tie_word_embeddings": True}
    (source / "config.json").write_text(json.dumps(config))
    head = load_file(source / "model.safetensors")["lm_head.weight"]
    assert torch.equal(quantized(source, tmp_path / "out")["lm_head.weight"], head)
    assert torch.equal(load_model(*open_checkpoint(tmp_path / "out")).lm_head.weight, head)


def test_a_large_result_is_several_files_with_an_index(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4v_moe")
    one = quantized(source, tmp_path / "one")
    several = quantized(source, tmp_path / "several", result_file_size=100_000)
    assert several.keys() == one.keys()
    assert all(torch.equal(several[name], one[name]) for name in one)
    index = json.loads((tmp_path / "several" / "model.safetensors.index.json").read_text())
    files = sorted(set(index["weight_map"].values()))
    assert len(files) > 3
    assert files == [f"model-{n:05}-of-{len(files):05}.safetensors" for n in range(1, len(files) + 1)]
    for name, file in index["weight_map"].items():
        assert name in load_file(tmp_path / "several" / file)
        assert file == index["weight_map"][name.partition(".weight.")[0] + ".weight" if ".weight." in name else name]


def test_weights_that_are_not_finite_are_refused_by_name(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "glm4_moe")
    tensors = load_file(source / "model.safetensors")
    tensors["model.layers.0.self_attn.o_proj.weight"][3, 5] = float("nan")
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(ModelError, match=r"model\.layers\.0\.self_attn\.o_proj\.weight.*not finite"):
        quantize(LocalSource.open(source), tmp_path / "out")
