"""The loaded 4-bit model computes what transformers computes; damaged checkpoints are named, not run."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Glm4MoeConfig, Glm4MoeForCausalLM, PreTrainedModel

from glmv_cli import layout
from glmv_cli.errors import ModelError
from glmv_cli.kernels import native, simd
from glmv_cli.model.head import Head8bit
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.modules import Experts4bit, Linear4bit
from glmv_cli.model.quant_state import described
from glmv_cli.model.sixteen import Linear16
from glmv_cli.placement.plan import Plan
from glmv_cli.store.safetensors_header import build_header
from tests.reference import forward_arguments, logits_of, random_prompt
from tests.releases import RELEASES


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
    loaded: PreTrainedModel, reference_model: PreTrainedModel, picture: bool, film: bool
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


def test_a_tensor_of_another_type_is_named(copy: Path) -> None:
    name = "model.language_model.layers.0.self_attn.q_proj.weight"
    rewrite(copy, {f"{name}.absmax": load_file(copy / "model.safetensors")[f"{name}.absmax"].bfloat16()})
    with pytest.raises(ModelError, match=r"layers\.0\.self_attn\.q_proj\.absmax.*bfloat16"):
        load_model(*open_checkpoint(copy))
    rewrite(copy, {f"{name}.absmax": torch.zeros(192 * 192 // 64)})
    rewrite(copy, {"model.language_model.norm.weight": torch.ones(192, dtype=torch.int32)})
    with pytest.raises(ModelError, match=r"norm\.weight.*int32"):
        load_model(*open_checkpoint(copy))


LINEAR = "model.language_model.layers.0.self_attn.q_proj.weight"
EXPERTS = "model.language_model.layers.1.mlp.experts.down_proj"


@pytest.mark.parametrize("name", [LINEAR, f"{LINEAR}.absmax", EXPERTS, f"{EXPERTS}.absmax"])
@pytest.mark.parametrize("change", ["cut", "longer", "another type", "missing"])
def test_packed_weights_that_are_damaged_are_named(copy: Path, name: str, change: str) -> None:
    whole = load_file(copy / "model.safetensors")[name]
    changed = {"cut": whole[:-1].clone(), "longer": torch.cat([whole, whole[:1]]), "another type": whole.half()}
    rewrite(copy, {name: changed.get(change)})
    base = name.removesuffix(".absmax").removesuffix(".weight")
    with pytest.raises(ModelError, match=re.escape(base)):
        load_model(*open_checkpoint(copy))


@pytest.mark.parametrize(
    ("key", "value"), [("quant_type", "fp4"), ("blocksize", 128), ("shape", [96, 384]), ("shape", None)]
)
def test_weights_that_were_packed_in_another_way_are_named(copy: Path, key: str, value: object) -> None:
    state = f"{LINEAR}.{layout.QUANT_STATE}"
    stored = json.loads(load_file(copy / "model.safetensors")[state].numpy().tobytes())
    changed = json.dumps(stored | {key: value}).encode()
    rewrite(copy, {state: torch.frombuffer(bytearray(changed), dtype=torch.uint8)})
    with pytest.raises(ModelError, match=rf"q_proj\.weight' in another form: '{key}'"):
        load_model(*open_checkpoint(copy))


def test_weights_with_another_table_of_values_are_named(copy: Path) -> None:
    rewrite(copy, {f"{LINEAR}.quant_map": torch.linspace(-1, 1, 16)})
    with pytest.raises(ModelError, match=r"q_proj\.weight' in another form: its quant_map"):
        load_model(*open_checkpoint(copy))
    rewrite(copy, {f"{LINEAR}.quant_map": None})
    with pytest.raises(ModelError, match=r"lacks the tensor .*q_proj\.weight\.quant_map"):
        load_model(*open_checkpoint(copy))


def test_another_activation_is_refused_rather_than_computed_as_silu(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["text_config"]["hidden_act"] = "gelu"
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="gelu"):
        load_model(*open_checkpoint(copy))


def test_weights_in_16_bit_stay_as_they_are_in_the_file(loaded: PreTrainedModel) -> None:
    floats = {name: tensor.dtype for name, tensor in loaded.state_dict().items() if tensor.is_floating_point()}
    mapped = {name for name, dtype in floats.items() if dtype == torch.bfloat16}
    assert {"lm_head.weight", "model.language_model.embed_tokens.weight", "model.visual.downsample.weight"} <= mapped
    assert all(name.endswith("weight") and "norm" not in name and ".mlp.gate." not in name for name in mapped)
    large = {name for name, t in loaded.state_dict().items() if t.is_floating_point() and t.numel() >= 1 << 16}
    assert {name for name in large if not name.endswith("absmax")} - mapped == {"model.visual.patch_embed.proj.weight"}
    assert loaded.model.visual.dtype == torch.float32  # what the library casts patches to


@pytest.mark.skipif(simd.functions() is None, reason="there is no library")
def test_a_large_head_is_8_bit_on_a_cpu_and_16_bit_for_a_gpu(
    demo_directory: Path, loaded: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    large_head = dataclasses.replace(layout.RESIDENCES[0], at_least=0)
    monkeypatch.setattr(layout, "RESIDENCES", (large_head, *layout.RESIDENCES[1:]))
    small = load_model(*open_checkpoint(demo_directory))
    assert isinstance(small.lm_head, Head8bit)
    inputs = random_prompt(100, picture=True)
    with torch.inference_mode():
        got, expected = logits_of(small, inputs), logits_of(loaded, inputs)
    assert torch.equal(got.argmax(-1), expected.argmax(-1))
    torch.testing.assert_close(got.topk(30).values, expected.topk(30).values, rtol=1e-4, atol=1e-4)
    elsewhere = Plan("cpu", "cpu", "cuda:0", (), 4096, (), 0, ())
    assert isinstance(load_model(*open_checkpoint(demo_directory), elsewhere).lm_head, Linear16)


def test_without_the_library_a_large_head_stays_in_16_bits(
    demo_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(native.VARIABLE, "torch")
    large_head = dataclasses.replace(layout.RESIDENCES[0], at_least=0)
    monkeypatch.setattr(layout, "RESIDENCES", (large_head, *layout.RESIDENCES[1:]))
    assert isinstance(load_model(*open_checkpoint(demo_directory)).lm_head, Linear16)


def test_nothing_large_is_copied(tmp_path: Path) -> None:
    """Half a gigabyte of weights, which are holes in the file: the memory of our own grows by next to nothing."""
    config = json.loads(json.dumps(RELEASES["glm4_moe"].config)) | {"hidden_size": 2048, "n_routed_experts": 64}
    config |= {"moe_intermediate_size": 1024, "vocab_size": 8192, "num_hidden_layers": 4, "quantization_config": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    shapes, constants = packed(config)
    prefix, header = build_header(shapes, {})
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(prefix)
        file.truncate(max(info.end for info in header.tensors.values()))
        for name, content in constants.items():
            file.seek(header.tensors[name].start)
            file.write(content)
    load_model(*open_checkpoint(tmp_path))  # what the libraries keep for themselves, they keep now
    before = anonymous_bytes()
    model = load_model(*open_checkpoint(tmp_path))
    grown = anonymous_bytes() - before
    assert sum(p.nbytes for p in model.parameters()) > 500_000_000
    assert grown < 20_000_000


def packed(config: dict[str, Any]) -> tuple[dict[str, tuple[str, tuple[int, ...]]], dict[str, bytes]]:
    """Type and shape of every tensor of a 4-bit checkpoint, and what is in those that are the same in all."""
    plain = {key: value for key, value in config.items() if key != "quantization_config"}
    with torch.device("meta"):
        model = Glm4MoeForCausalLM(Glm4MoeConfig.from_dict(plain))
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    constants: dict[str, bytes] = {}
    for name, tensor in model.state_dict().items():
        *rows, columns = tensor.shape
        if layout.storage_of(name) != "nf4":
            tensors[name] = ("F32" if name.endswith("correction_bias") else "BF16", tuple(tensor.shape))
        elif len(rows) == 2:
            tensors[name] = ("U8", (*rows, columns // 2))
            tensors[f"{name}.absmax"] = ("F32", (*rows, columns // 64))
        else:
            tensors[name] = ("U8", (tensor.numel() // 2, 1))
            tensors[f"{name}.absmax"] = ("F32", (tensor.numel() // 64,))
            for suffix, content in described(tuple(tensor.shape), "bfloat16").items():
                constants[f"{name}.{suffix}"] = content
                kind, item = ("F32", 4) if suffix == layout.QUANT_MAP else ("U8", 1)
                tensors[f"{name}.{suffix}"] = (kind, (len(content) // item,))
    return tensors, constants


def anonymous_bytes() -> int:
    """Resident memory of this process that no file stands behind."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        pytest.skip("needs Linux")
    return 1024 * int(status.split("RssAnon:")[1].split()[0])
