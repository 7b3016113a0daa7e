"""Every name that the releases have used leads to that of transformers."""

from __future__ import annotations

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.model.keys import Keys, scaled_weight, split_expert

SEES = Keys.of({"vision_config": {}, "text_config": {"num_hidden_layers": 46}}, "v")
READS = Keys.of({"num_hidden_layers": 46}, "t")


@pytest.mark.parametrize(
    ("tensor", "canonical"),
    [
        ("model.language_model.layers.45.mlp.gate.weight", "model.language_model.layers.45.mlp.gate.weight"),
        ("model.layers.45.mlp.gate.weight", "model.language_model.layers.45.mlp.gate.weight"),
        ("language_model.model.layers.0.x", "model.language_model.layers.0.x"),
        ("language_model.norm.weight", "model.language_model.norm.weight"),
        ("model.visual.merger.norm.weight", "model.visual.merger.norm.weight"),
        ("visual.blocks.50.attn.qkv.weight", "model.visual.blocks.50.attn.qkv.weight"),
        ("lm_head.weight", "lm_head.weight"),
        ("language_model.lm_head.weight", "lm_head.weight"),
        ("model.language_model.layers.46.eh_proj.weight", None),
        ("model.language_model.layers.46.embed_tokens.weight", None),
        ("model.language_model.layers.3.self_attn.q_proj.input_scale", None),
        ("model.language_model.layers.3.self_attn.k_scale", None),
    ],
)
def test_names_of_models_that_see(tensor: str, canonical: str | None) -> None:
    assert SEES.canonical(tensor) == canonical


@pytest.mark.parametrize(
    ("tensor", "canonical"),
    [
        ("model.layers.45.self_attn.q_proj.weight", "model.layers.45.self_attn.q_proj.weight"),
        ("layers.1.self_attn.q_proj.weight", "model.layers.1.self_attn.q_proj.weight"),
        ("model.layers.46.shared_head.head.weight", None),
        ("model.layers.92.mlp.gate.weight", None),
    ],
)
def test_names_of_text_models(tensor: str, canonical: str | None) -> None:
    assert READS.canonical(tensor) == canonical


@pytest.mark.parametrize("tensor", ["model.visual.merger.norm.weight", "transformer.h.0.weight"])
def test_a_foreign_name_is_refused(tensor: str) -> None:
    with pytest.raises(ModelError, match=tensor):
        READS.canonical(tensor)


def test_a_config_without_layers_is_refused() -> None:
    with pytest.raises(ModelError, match="num_hidden_layers"):
        Keys.of({}, "t")


def test_scales_belong_to_weights() -> None:
    assert scaled_weight("a.q_proj.weight_scale") == "a.q_proj.weight"
    assert scaled_weight("a.q_proj.weight_scale_inv") == "a.q_proj.weight"
    assert scaled_weight("a.q_proj.weight") is None


def test_experts_are_told_from_shared_experts() -> None:
    assert split_expert("a.mlp.experts.12.up_proj.weight") == ("a.mlp.experts", 12, "up")
    assert split_expert("a.mlp.shared_experts.up_proj.weight") is None
