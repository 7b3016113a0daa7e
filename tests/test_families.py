"""Every row of the table names things that exist, and an unknown family is told what is supported."""

from __future__ import annotations

import importlib

import pytest
import transformers

from glmv_cli.errors import ModelError
from glmv_cli.families import FAMILIES, VIDEO_RULES, Family, family_of, video_rule_of
from tests.releases import RELEASES


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_row_names_what_transformers_has(family: Family) -> None:
    model_class = getattr(transformers, family.model_class)
    assert model_class.config_class.model_type == family.model_type
    assert family.sees == ("image" in model_class.input_modalities)
    if family.experts_class is not None:
        assert hasattr(importlib.import_module(model_class.__module__), family.experts_class)


@pytest.mark.parametrize(
    ("processor", "texts"),
    [
        ("Glm4vVideoProcessor", ["0", "0", "1", "61"]),
        ("Glm46VVideoProcessor", ["0.0 seconds", "1.0 seconds", "1.5 seconds", "61.0 seconds"]),
    ],
)
def test_times_are_written_as_the_processor_writes_them(processor: str, texts: list[str]) -> None:
    assert [VIDEO_RULES[processor].time_text(t) for t in (0.0, 0.99, 1.5, 61.0)] == texts


def test_an_unknown_video_processor_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ModelError, match="Glm5VVideoProcessor") as caught:
        video_rule_of("Glm5VVideoProcessor", "GLM-5V")
    assert "Glm46VVideoProcessor" in str(caught.value.hint)


@pytest.mark.parametrize("model_type", [None, "llama", 3])
def test_an_unknown_family_is_refused(model_type: object) -> None:
    with pytest.raises(ModelError, match="not supported") as caught:
        family_of(model_type, "some-model")
    for supported in ("glm4v_moe", "GLM-4.5V", "GLM-4.6V", "GLM-4.1V-9B-Thinking", "GLM-4.6V-Flash", "GLM-4.7"):
        assert supported in str(caught.value.hint)


def test_every_family_that_tests_make_checkpoints_of_has_a_row() -> None:
    assert {release.config["model_type"] for release in RELEASES.values()} == set(FAMILIES)
