"""The model families that glmv can run: one row each, and nothing about them anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glmv_cli.errors import ModelError


@dataclass(frozen=True, slots=True)
class Family:
    """What sets a family apart."""

    model_type: str
    title: str
    model_class: str
    """Name of the class in transformers."""
    experts_class: str | None
    """Name of the module class in transformers that holds fused experts."""
    answer_tags: tuple[str, str] | None = None
    """What the family wraps its answer in, if it does."""


FAMILIES = {
    family.model_type: family
    for family in (
        Family(
            model_type="glm4v_moe",
            title="GLM-4.5V",
            model_class="Glm4vMoeForConditionalGeneration",
            experts_class="Glm4vMoeTextExperts",
        ),
    )
}


def family_of(model_type: object, model_name: str) -> Family:
    """The row of a checkpoint's ``model_type``; raises :class:`ModelError` if there is none."""
    family = FAMILIES.get(str(model_type))
    if family is None:
        known = ", ".join(f"{f.model_type} ({f.title})" for f in FAMILIES.values())
        raise ModelError(f"{model_name}: models of type '{model_type}' are not supported", f"supported: {known}")
    return family


@dataclass(frozen=True, slots=True)
class VideoRule:
    """How films are shown to a model. Not a matter of the family: GLM-4.5V and 4.6V differ in it."""

    module: str
    """Module under ``transformers.models`` with the video processor."""
    processor: str
    """Name of the class there whose rule picks the frames."""
    time_text: Callable[[float], str]
    """Writes the time of a frame, in seconds, into the prompt."""


def _whole_seconds(seconds: float) -> str:
    return str(int(seconds))


VIDEO_RULES = {
    rule.processor: rule for rule in (VideoRule("glm4v.video_processing_glm4v", "Glm4vVideoProcessor", _whole_seconds),)
}


def video_rule_of(processor: object, model_name: str) -> VideoRule:
    """The row of a checkpoint's ``video_processor_type``; raises :class:`ModelError` if there is none."""
    rule = VIDEO_RULES.get(str(processor))
    if rule is None:
        known = ", ".join(VIDEO_RULES)
        raise ModelError(f"{model_name}: the video processor '{processor}' is not supported", f"supported: {known}")
    return rule
