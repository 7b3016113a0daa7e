"""The model families that glmv can run: one row each, and nothing about them anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from glmv_cli.errors import ModelError


@dataclass(frozen=True, slots=True)
class Family:
    """What sets a family apart.

    Chat templates are the checkpoint's own, and so is how its thinking is switched and marked. How films are cut is
    not a matter of the family either: see :class:`VideoRule`.
    """

    model_type: str
    title: str
    """Its released models."""
    model_class: str
    """Name of the class in transformers."""
    experts_class: str | None
    """Name of the module class in transformers that holds fused experts; None: a dense model."""
    rotary_pairs: bool = False
    """Rotary positions turn elements 2i and 2i + 1; otherwise i and i + half."""
    sees: bool = True
    """Takes pictures and films."""
    answer_tags: tuple[str, str] | None = None
    """What the family wraps its answer in, if it does."""
    generation: Mapping[str, object] = field(default_factory=dict, hash=False)
    """For checkpoints without a ``generation_config.json``: what the released one says on sampling."""


FAMILIES = {
    family.model_type: family
    for family in (
        Family(
            model_type="glm4v_moe",
            title="GLM-4.5V, GLM-4.6V",
            model_class="Glm4vMoeForConditionalGeneration",
            experts_class="Glm4vMoeTextExperts",
            generation={
                "do_sample": True, "temperature": 1.0, "top_k": 1, "top_p": 1e-5, "repetition_penalty": 1.1,
            },
        ),
        Family(
            model_type="glm4v",
            title="GLM-4.1V-9B-Thinking",
            model_class="Glm4vForConditionalGeneration",
            experts_class=None,
            rotary_pairs=True,
            answer_tags=("<answer>", "</answer>"),
            generation={
                "do_sample": True, "temperature": 0.8, "top_k": 2, "top_p": 0.6, "repetition_penalty": 1.1,
            },
        ),
        Family(
            model_type="glm46v",
            title="GLM-4.6V-Flash",
            model_class="Glm46VForConditionalGeneration",
            experts_class=None,
            rotary_pairs=True,
            generation={
                "do_sample": True, "temperature": 0.8, "top_k": 2, "top_p": 0.6, "repetition_penalty": 1.1,
            },
        ),
        Family(
            model_type="glm4_moe",
            title="GLM-4.5, GLM-4.5-Air, GLM-4.6, GLM-4.7",
            model_class="Glm4MoeForCausalLM",
            experts_class="Glm4MoeExperts",
            sees=False,
            generation={"do_sample": True, "temperature": 1.0, "top_p": 0.95},
        ),
    )
}  # fmt: skip


def family_of(model_type: object, model_name: str) -> Family:
    """The row of a checkpoint's ``model_type``; raises :class:`ModelError` if there is none."""
    family = FAMILIES.get(str(model_type))
    if family is None:
        known = "; ".join(f"{f.model_type} ({f.title})" for f in FAMILIES.values())
        raise ModelError(f"{model_name}: models of type '{model_type}' are not supported", f"supported: {known}")
    return family


@dataclass(frozen=True, slots=True)
class VideoRule:
    """How films are shown to a model. Not a matter of the family: GLM-4.5V and 4.6V differ in it.

    Which frames a processor picks is arithmetic, in :mod:`glmv_cli.prompt.sampling`.
    """

    processor: str
    """``video_processor_type``: the name of the class in transformers."""
    module: str
    """The module under ``transformers.models`` with that class."""
    time_text: Callable[[float], str]
    """Writes the time of a temporal patch, that of its first frame in seconds, into the prompt."""


def _whole_seconds(seconds: float) -> str:
    return str(int(seconds))


def _tenths(seconds: float) -> str:
    return f"{seconds:.1f} seconds"


VIDEO_RULES = {
    rule.processor: rule
    for rule in (
        VideoRule("Glm4vVideoProcessor", "glm4v.video_processing_glm4v", _whole_seconds),
        VideoRule("Glm46VVideoProcessor", "glm46v.video_processing_glm46v", _tenths),
    )
}
"""Those of GLM-4.1V and 4.5V, and of 4.6V."""


def video_rule_of(processor: object, model_name: str) -> VideoRule:
    """The row of a checkpoint's ``video_processor_type``; raises :class:`ModelError` if there is none."""
    rule = VIDEO_RULES.get(str(processor))
    if rule is None:
        known = ", ".join(VIDEO_RULES)
        raise ModelError(f"{model_name}: the video processor '{processor}' is not supported", f"supported: {known}")
    return rule
