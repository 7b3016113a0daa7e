"""The loaded 4-bit model computes what transformers computes; damaged checkpoints are named, not run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Glm4vMoeForConditionalGeneration, PreTrainedModel

from glmv_cli.errors import ModelError
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.modules import Experts4bit, Linear4bit
from tests.reference import forward_arguments, random_prompt


@pytest.fixture(scope="module")
def loaded(demo_directory: Path) -> PreTrainedModel:
    return load_model(*open_checkpoint(demo_directory))


@pytest.fixture
def copy(demo_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_directory, tmp_path / "copy"))


def rewrite(directory: Path, change: dict[str, torch.Tensor | None]) -> None:
    """Tensors replaced, or taken out where the value is None."""
    tensors = load_file(directory / "model.safetensors") | change
    save_file({k: v for k, v in tensors.items() if v is not None}, directory / "model.safetensors")


@pytest.mark.parametrize(("picture", "film"), [(False, False), (True, False), (False, True)])
def test_logits_equal_those_of_transformers_on_unpacked_weights(
    loaded: PreTrainedModel, reference_model: Glm4vMoeForConditionalGeneration, picture: bool, film: bool
) -> None:
    arguments = forward_arguments(random_prompt(120, picture=picture, film=film))
    with torch.inference_mode():
        ours, theirs = loaded(**arguments).logits, reference_model(**arguments).logits
    assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


def test_weights_stay_packed(loaded: PreTrainedModel) -> None:
    kinds = [type(m) for m in loaded.model.language_model.modules()]
    assert kinds.count(Experts4bit) == 3
    assert kinds.count(Linear4bit) == 4 * 4 + 3 + 3 * 3  # attention, the dense MLP, shared experts
    assert torch.nn.Linear not in kinds
    assert all(m.weight.dtype == torch.uint8 for m in loaded.modules() if isinstance(m, Linear4bit))


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks model\.safetensors"):
        open_checkpoint(copy)


def test_a_missing_shard_is_named(copy: Path) -> None:
    names = load_file(copy / "model.safetensors")
    index = {"weight_map": dict.fromkeys(names, "model.safetensors") | {"lm_head.weight": "model-2.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"lacks model-2\.safetensors"):
        open_checkpoint(copy)


def test_shards_are_read_together(copy: Path, loaded: PreTrainedModel) -> None:
    tensors = load_file(copy / "model.safetensors")
    (copy / "model.safetensors").unlink()
    halves = {"a.safetensors": list(tensors)[::2], "b.safetensors": list(tensors)[1::2]}
    for file, names in halves.items():
        save_file({name: tensors[name] for name in names}, copy / file)
    weight_map = {name: file for file, names in halves.items() for name in names}
    (copy / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    sharded = load_model(*open_checkpoint(copy)).state_dict()
    assert all(torch.equal(value, sharded[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("keep", [0, 5, 1000, -1])
def test_a_cut_file_is_named(copy: Path, keep: int) -> None:
    file = copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"model\.safetensors is (damaged|cut short|not a safetensors file)"):
        open_checkpoint(copy)


def test_a_missing_tensor_is_named(copy: Path) -> None:
    rewrite(copy, {"model.language_model.norm.weight": None})
    with pytest.raises(ModelError, match=r"model\.language_model\.norm\.weight"):
        load_model(*open_checkpoint(copy))


def test_a_tensor_of_another_shape_is_named(copy: Path) -> None:
    rewrite(copy, {"lm_head.weight": torch.zeros(10, 192)})
    with pytest.raises(ModelError, match=r"'lm_head\.weight' is \(10, 192\)"):
        load_model(*open_checkpoint(copy))


def test_a_tensor_that_was_turned_over_is_not_taken_for_the_right_one(copy: Path) -> None:
    name = "model.visual.merger.gate_proj.weight"
    rewrite(copy, {name: torch.zeros(2 * 96, 2 * 96)[:96].reshape(384, 48)})
    with pytest.raises(ModelError, match=r"merger\.gate_proj"):
        load_model(*open_checkpoint(copy))


def test_experts_of_another_layout_are_named(copy: Path) -> None:
    name = "model.language_model.layers.1.mlp.experts.down_proj"
    rewrite(copy, {name: load_file(copy / "model.safetensors")[name].transpose(1, 2).contiguous()})
    with pytest.raises(ModelError, match=r"layers\.1\.mlp\.experts\.down_proj"):
        load_model(*open_checkpoint(copy))


@pytest.mark.parametrize("value", ["big", 0, -1, None])
def test_a_config_that_makes_no_sense_is_named(copy: Path, value: object) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["text_config"]["num_attention_heads"] = value
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError):
        load_model(*open_checkpoint(copy))


def test_a_foreign_tensor_is_named(copy: Path) -> None:
    rewrite(copy, {"model.stranger": torch.zeros(3)})
    with pytest.raises(ModelError, match=r"model\.stranger"):
        load_model(*open_checkpoint(copy))


def test_an_unsupported_family_lists_the_supported_ones(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text()) | {"model_type": "llama"}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="'llama'") as caught:
        open_checkpoint(copy)
    assert "glm4v_moe" in str(caught.value.hint)


def test_a_16_bit_checkpoint_is_recognised(original_directory: Path) -> None:
    with pytest.raises(ModelError, match="no 4-bit weights"):
        open_checkpoint(original_directory)


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_a_broken_config_is_named(copy: Path, content: str) -> None:
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        open_checkpoint(copy)


def test_a_config_of_another_size_is_named(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] = 5
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"layers\.4\."):
        load_model(*open_checkpoint(copy))
