"""What is told from a config alone is what transformers builds from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import transformers
from accelerate import init_empty_weights

from glmv_cli.errors import ModelError
from glmv_cli.placement.shapes import Shape
from tests.placement.machines import CONFIGS, RELEASED
from tests.releases import RELEASES


def config_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CONFIGS / f"{name}.json").read_text())
    return content


def built(config: dict[str, Any], model_class: str) -> dict[str, tuple[int, ...]]:
    """Name → shape of every tensor of transformers' model, experts fused."""
    kind = getattr(transformers, model_class)
    with init_empty_weights():
        model = kind._from_config(kind.config_class.from_dict(json.loads(json.dumps(config))))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("name", RELEASED)
def test_the_released_models_have_the_tensors_that_transformers_builds(name: str) -> None:
    config = config_of(name)
    shape = Shape.of(config, name)
    assert {tensor.name: tensor.shape for tensor in shape.tensors} == built(config, shape.family.model_class)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("name", RELEASES)
def test_the_small_ones_of_the_tests_too(name: str, tied: bool) -> None:
    config = RELEASES[name].config | {"tie_word_embeddings": tied}
    shape = Shape.of(config, name)
    expected = built(config, shape.family.model_class)
    if tied:
        del expected["lm_head.weight"]  # the embeddings under another name
    assert {tensor.name: tensor.shape for tensor in shape.tensors} == expected


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("glm-4.5v", 107.7),
        ("glm-4.6v", 107.7),
        ("glm-4.1v-9b-thinking", 10.3),
        ("glm-4.6v-flash", 10.3),
        ("glm-4.5", 352.8),  # 358 on the hub with the layer for multi-token prediction
        ("glm-4.5-air", 106.9),  # 110 with it
    ],
)
def test_the_released_models_have_the_published_number_of_parameters(name: str, billions: float) -> None:
    total = sum(tensor.elements for tensor in Shape.of(config_of(name), name).tensors)
    assert total / 1e9 == pytest.approx(billions, abs=0.05)


@pytest.mark.parametrize("value", [None, "many", 0, -1, 2.5, True, 2**40])
def test_a_number_that_makes_no_sense_is_named(value: object) -> None:
    config = config_of("glm-4.5-air") | {"hidden_size": value}
    with pytest.raises(ModelError, match="'hidden_size' is"):
        Shape.of(config, "mine")


@pytest.mark.parametrize("change", [{"vision_config": None}, {"vision_config": 3}])
def test_a_model_that_sees_needs_a_vision_config(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="mine: the config has no object 'vision_config'"):
        Shape.of(config_of("glm-4.5v") | change, "mine")


def test_a_foreign_model_is_refused_with_what_is_supported() -> None:
    with pytest.raises(ModelError, match="'llama'") as caught:
        Shape.of({"model_type": "llama"}, "mine")
    assert "glm4v_moe" in str(caught.value.hint)
