"""The names of tensors: from those in released checkpoints to those that transformers' classes expect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glmv_cli.errors import ModelError

# With and without `model.`; `language_model.model.` is the layout of the first V models.
_TEXT = re.compile(r"(?:model\.)?(?:language_model\.)?(?:model\.)?(?P<rest>(?:embed_tokens|layers|norm)\..+)")
_VISION = re.compile(r"(?:model\.)?(?P<rest>visual\..+)")
_HEAD = re.compile(r"(?:model\.)?(?:language_model\.)?(?P<rest>lm_head\..+)")
_LAYER = re.compile(r"layers\.(\d+)\.")

_EXPERT = re.compile(r"(?P<base>.*\.experts)\.(?P<expert>\d+)\.(?P<proj>gate|up|down)_proj\.weight")
_SCALE = re.compile(r"(.+\.weight)_scale(_inv)?")
_UNUSED = re.compile(r".+\.(input_scale|output_scale|[qkv]_scale|rotary_emb\.inv_freq)")


@dataclass(frozen=True, slots=True)
class Keys:
    """How the tensors of a model are called. ``layers``: those beyond are for multi-token prediction."""

    name: str
    text_prefix: str
    layers: int

    @classmethod
    def of(cls, config: Mapping[str, Any], name: str) -> Keys:
        """By the config of the model called ``name``; raises :class:`ModelError` if it has no number of layers."""
        text = config.get("text_config", config)
        layers = text.get("num_hidden_layers") if isinstance(text, Mapping) else None
        if not isinstance(layers, int):
            raise ModelError(f"{name}: config.json has no 'num_hidden_layers'", "is it that of a released checkpoint?")
        return cls(name, "model.language_model." if "vision_config" in config else "model.", layers)

    def canonical(self, tensor: str) -> str | None:
        """What transformers calls ``tensor``, or None if it is of no use here.

        Raises :class:`ModelError` for a name that fits nothing in the model.
        """
        if _UNUSED.fullmatch(tensor):
            return None
        if match := _TEXT.fullmatch(tensor):
            layer = _LAYER.match(match["rest"])
            return None if layer and int(layer[1]) >= self.layers else self.text_prefix + match["rest"]
        if match := _HEAD.fullmatch(tensor):
            return match["rest"]
        if (match := _VISION.fullmatch(tensor)) and self.text_prefix != "model.":
            return "model." + match["rest"]
        raise ModelError(
            f"{self.name} holds a tensor that such a model does not have: '{tensor}'",
            "is config.json the one that belongs to these weights?",
        )


def scaled_weight(tensor: str) -> str | None:
    """``….weight_scale`` and ``….weight_scale_inv`` → ``….weight``, which they scale; None for other names."""
    match = _SCALE.fullmatch(tensor)
    return match[1] if match else None


def split_expert(name: str) -> tuple[str, int, str] | None:
    """``….experts.7.gate_proj.weight`` → (``….experts``, 7, ``gate``), or None if it is no expert's tensor."""
    match = _EXPERT.fullmatch(name)
    return (match["base"], int(match["expert"]), match["proj"]) if match else None
