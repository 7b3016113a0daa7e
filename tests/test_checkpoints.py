"""The checkpoints that tests make are what transformers takes for released ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import transformers
from safetensors import safe_open

from tests.checkpoints import write_checkpoint
from tests.releases import RELEASES


@pytest.mark.parametrize("family", RELEASES)
def test_transformers_finds_every_weight_and_nothing_more(family: str, tmp_path: Path) -> None:
    release = RELEASES[family]
    model_class = getattr(transformers, release.config["architectures"][0])
    _, info = model_class.from_pretrained(
        write_checkpoint(tmp_path / "c", family, shards=3), dtype=torch.float32, output_loading_info=True
    )
    assert not any(info.values())


@pytest.mark.parametrize("family", ["glm4v_moe", "glm4_moe"])
def test_a_layer_for_multi_token_prediction_comes_after_the_others(family: str, tmp_path: Path) -> None:
    release = RELEASES[family]
    extra = f"{release.text_prefix}layers.{release.layers}."
    plain, with_mtp = (names(write_checkpoint(tmp_path / str(mtp), family, mtp=mtp)) for mtp in (False, True))
    assert {n for n in with_mtp if n not in plain} == {n for n in with_mtp if n.startswith(extra)}
    for part in ("eh_proj", "enorm", "hnorm", "shared_head.head", "embed_tokens", "mlp.experts.7.up_proj"):
        assert f"{extra}{part}.weight" in with_mtp


def test_old_layouts_and_tied_heads(tmp_path: Path) -> None:
    old = names(write_checkpoint(tmp_path / "old", "glm4v", prefix="model.", tied=True))
    assert {"model.layers.0.mlp.gate_up_proj.weight", "model.norm.weight", "visual.merger.proj.weight"} <= old
    assert "lm_head.weight" not in old
    assert json.loads((tmp_path / "old" / "config.json").read_text())["tie_word_embeddings"] is True


def names(directory: Path) -> set[str]:
    with safe_open(directory / "model.safetensors", framework="pt") as opened:
        return set(opened.keys())
