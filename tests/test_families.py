"""Every row of the table names things that exist, and an unknown family is told what is supported."""

from __future__ import annotations

import importlib

import pytest
import transformers

from glmv_cli.errors import ModelError
from glmv_cli.families import FAMILIES, VIDEO_RULES, Family, VideoRule, family_of, video_rule_of


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_row_names_what_transformers_has(family: Family) -> None:
    model_class = getattr(transformers, family.model_class)
    assert model_class.config_class.model_type == family.model_type
    if family.experts_class is not None:
        assert hasattr(importlib.import_module(model_class.__module__), family.experts_class)


@pytest.mark.parametrize("rule", VIDEO_RULES.values(), ids=VIDEO_RULES)
def test_a_video_rule_names_what_transformers_has(rule: VideoRule) -> None:
    module = importlib.import_module(f"transformers.models.{rule.module}")
    assert callable(getattr(module, rule.processor).sample_frames)


def test_times_of_4_5v_are_whole_seconds_cut_off() -> None:
    rule = VIDEO_RULES["Glm4vVideoProcessor"]
    assert [rule.time_text(t) for t in (0.0, 0.99, 1.5, 61.0)] == ["0", "0", "1", "61"]


def test_an_unknown_video_processor_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ModelError, match="Glm46VVideoProcessor"):
        video_rule_of("Glm46VVideoProcessor", "GLM-4.6V")


@pytest.mark.parametrize("model_type", [None, "llama", 3])
def test_an_unknown_family_is_refused(model_type: object) -> None:
    with pytest.raises(ModelError, match="not supported") as caught:
        family_of(model_type, "some-model")
    assert "GLM-4.5V" in str(caught.value.hint)
