"""Every tensor of a model, by its name and shape, from ``config.json`` alone.

Names are those of the modules in transformers, with the experts of a layer fused. A test holds that transformers
builds the very same tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glmv_cli.errors import ModelError
from glmv_cli.families import Family, family_of

_WHICH = "is it the config.json of a released checkpoint?"


@dataclass(frozen=True, slots=True)
class Tensor:
    """``name`` ends as a parameter's name in transformers does, ``.weight`` for most."""

    name: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Widths:
    """The numbers of a config that say how large a model is and what a token costs."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    """Of a dense MLP."""
    vocabulary: int
    positions: int
    """The longest context that the model was made for."""
    experts: int
    """Routed experts a layer; 0 in a dense model."""
    chosen: int
    """Experts a token goes to."""
    expert_intermediate: int
    shared_experts: int
    dense_layers: int
    """How many layers at the start have a dense MLP."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a config describes: its family, its numbers, its tensors."""

    family: Family
    widths: Widths
    tensors: tuple[Tensor, ...]
    vision: dict[str, Any] | None

    @classmethod
    def of(cls, config: dict[str, Any], name: str) -> Shape:
        """From ``config.json``; ``name`` is what the user calls the model.

        Raises :class:`ModelError` for an unsupported family and for numbers that are missing or make no sense.
        """
        family = family_of(config.get("model_type"), name)
        text = _object(config, "text_config", name) if "text_config" in config else config
        vision = _object(config, "vision_config", name) if family.sees else None
        try:
            widths = _widths(text, family)
            tied = bool(config.get("tie_word_embeddings") or text.get("tie_word_embeddings"))
            tensors = tuple(_tensors(widths, text, vision, family, tied))
        except _WrongNumberError as error:
            raise ModelError(f"{name}: the config does not describe a {family.title} model: {error}", _WHICH) from None
        return cls(family, widths, tensors, vision)


class _WrongNumberError(Exception):
    """Its text names the key."""


def _object(config: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    value = config.get(key)
    if not isinstance(value, dict):
        raise ModelError(f"{name}: the config has no object '{key}'", _WHICH)
    return value


def _number(config: dict[str, Any], key: str, least: int = 1) -> int:
    value = config.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**31:
        raise _WrongNumberError(f"'{key}' is missing" if value is None else f"'{key}' is {value!r}")
    return value


def _widths(text: dict[str, Any], family: Family) -> Widths:
    moe = family.experts_class is not None
    layers, hidden, heads = (_number(text, k) for k in ("num_hidden_layers", "hidden_size", "num_attention_heads"))
    return Widths(
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=heads if text.get("num_key_value_heads") is None else _number(text, "num_key_value_heads"),
        head_dim=hidden // heads if text.get("head_dim") is None else _number(text, "head_dim"),
        intermediate=_number(text, "intermediate_size"),
        vocabulary=_number(text, "vocab_size"),
        positions=_number(text, "max_position_embeddings"),
        experts=_number(text, "n_routed_experts") if moe else 0,
        chosen=_number(text, "num_experts_per_tok") if moe else 0,
        expert_intermediate=_number(text, "moe_intermediate_size") if moe else 0,
        shared_experts=_number(text, "n_shared_experts", 0) if moe else 0,
        dense_layers=min(_number(text, "first_k_dense_replace", 0), layers) if moe else layers,
    )


def _tensors(
    w: Widths, text: dict[str, Any], vision: dict[str, Any] | None, family: Family, tied: bool
) -> Iterator[Tensor]:
    prefix = "model" if vision is None else "model.language_model"
    # Defaults of the config classes; only the text models have norms on q and k.
    biased = family.experts_class is None or bool(text.get("attention_bias", vision is not None))
    normed = vision is None and bool(text.get("use_qk_norm"))
    yield Tensor(f"{prefix}.embed_tokens.weight", (w.vocabulary, w.hidden))
    for index in range(w.layers):
        base = f"{prefix}.layers.{index}"
        yield from _attention(w, biased, normed, f"{base}.self_attn")
        yield from _mlp(w, family, f"{base}.mlp", index)
        for norm in _NORMS if family.experts_class else _NORMS + _SANDWICH_NORMS:
            yield Tensor(f"{base}.{norm}.weight", (w.hidden,))
    yield Tensor(f"{prefix}.norm.weight", (w.hidden,))
    if not tied:
        yield Tensor("lm_head.weight", (w.vocabulary, w.hidden))
    if vision is not None:
        yield from _vision(vision)


_NORMS = ("input_layernorm", "post_attention_layernorm")
_SANDWICH_NORMS = ("post_self_attn_layernorm", "post_mlp_layernorm")
"""The dense models are GLM-4 blocks: norms on both sides, gate and up in one matrix, always a bias on q, k, v."""


def _attention(w: Widths, biased: bool, normed: bool, base: str) -> Iterator[Tensor]:
    for proj, heads in (("q_proj", w.heads), ("k_proj", w.kv_heads), ("v_proj", w.kv_heads)):
        yield Tensor(f"{base}.{proj}.weight", (heads * w.head_dim, w.hidden))
        if biased:
            yield Tensor(f"{base}.{proj}.bias", (heads * w.head_dim,))
    yield Tensor(f"{base}.o_proj.weight", (w.hidden, w.heads * w.head_dim))
    if normed:
        yield Tensor(f"{base}.q_norm.weight", (w.head_dim,))
        yield Tensor(f"{base}.k_norm.weight", (w.head_dim,))


def _mlp(w: Widths, family: Family, base: str, index: int) -> Iterator[Tensor]:
    if family.experts_class is None:
        yield Tensor(f"{base}.gate_up_proj.weight", (2 * w.intermediate, w.hidden))
        yield Tensor(f"{base}.down_proj.weight", (w.hidden, w.intermediate))
    elif index < w.dense_layers:
        yield from _gated(base, w.intermediate, w.hidden)
    else:
        yield Tensor(f"{base}.gate.weight", (w.experts, w.hidden))
        yield Tensor(f"{base}.gate.e_score_correction_bias", (w.experts,))
        yield Tensor(f"{base}.experts.gate_up_proj", (w.experts, 2 * w.expert_intermediate, w.hidden))
        yield Tensor(f"{base}.experts.down_proj", (w.experts, w.hidden, w.expert_intermediate))
        yield from _gated(f"{base}.shared_experts", w.shared_experts * w.expert_intermediate, w.hidden)


def _gated(base: str, intermediate: int, hidden: int) -> Iterator[Tensor]:
    yield Tensor(f"{base}.gate_proj.weight", (intermediate, hidden))
    yield Tensor(f"{base}.up_proj.weight", (intermediate, hidden))
    yield Tensor(f"{base}.down_proj.weight", (hidden, intermediate))


def _vision(v: dict[str, Any]) -> Iterator[Tensor]:
    """The tower of GLM-4.1V, which all the V models share. Its blocks' MLPs have the width of its output."""
    width, out, wide = (_number(v, k) for k in ("hidden_size", "out_hidden_size", "intermediate_size"))
    patch, merge, channels = (_number(v, k) for k in ("patch_size", "spatial_merge_size", "in_channels"))
    cube = (channels, _number(v, "temporal_patch_size"), patch, patch)
    base = "model.visual"
    yield Tensor(f"{base}.patch_embed.proj.weight", (width, *cube))
    yield Tensor(f"{base}.patch_embed.proj.bias", (width,))
    yield Tensor(f"{base}.embeddings.position_embedding.weight", ((_number(v, "image_size") // patch) ** 2, width))
    for index in range(_number(v, "depth")):
        block = f"{base}.blocks.{index}"
        yield Tensor(f"{block}.attn.qkv.weight", (3 * width, width))
        if v.get("attention_bias"):
            yield Tensor(f"{block}.attn.qkv.bias", (3 * width,))
        yield Tensor(f"{block}.attn.proj.weight", (width, width))
        yield from _gated(f"{block}.mlp", out, width)
        yield Tensor(f"{block}.norm1.weight", (width,))
        yield Tensor(f"{block}.norm2.weight", (width,))
    yield Tensor(f"{base}.merger.proj.weight", (out, out))
    yield Tensor(f"{base}.merger.post_projection_norm.weight", (out,))
    yield Tensor(f"{base}.merger.post_projection_norm.bias", (out,))
    yield from _gated(f"{base}.merger", wide, out)
    yield Tensor(f"{base}.post_conv_layernorm.weight", (width,))
    yield Tensor(f"{base}.downsample.weight", (out, width, merge, merge))
    yield Tensor(f"{base}.downsample.bias", (out,))
    yield Tensor(f"{base}.post_layernorm.weight", (width,))
