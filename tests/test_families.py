"""Every row of the table names things that exist, and an unknown family is told what is supported."""

from __future__ import annotations

import importlib

import pytest
import transformers

from glmv_cli.errors import ModelError
from glmv_cli.families import FAMILIES, Family, family_of


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_row_names_what_transformers_has(family: Family) -> None:
    model_class = getattr(transformers, family.model_class)
    assert model_class.config_class.model_type == family.model_type
    assert hasattr(importlib.import_module(model_class.__module__), str(family.experts_class))
    module = importlib.import_module(f"transformers.models.{family.video_module}")
    assert hasattr(module, family.video_processor)


def test_times_are_whole_seconds_cut_off() -> None:
    assert [FAMILIES["glm4v_moe"].time_text(t) for t in (0.0, 0.99, 1.5, 61.0)] == ["0", "0", "1", "61"]


@pytest.mark.parametrize("model_type", [None, "llama", 3])
def test_an_unknown_family_is_refused(model_type: object) -> None:
    with pytest.raises(ModelError, match="not supported") as caught:
        family_of(model_type, "some-model")
    assert "GLM-4.5V" in str(caught.value.hint)
