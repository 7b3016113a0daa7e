"""All decoder layers of a language model in one call, for a few tokens, where all of them lie in main memory.

The modules themselves compute everything else, and are what this is held to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glmv_cli.kernels.layers import Attention, FeedForward, Layer, Layers, Routed, fits
from glmv_cli.kernels.linears import Weights
from glmv_cli.model.attention import Attention4bit
from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.mlp import MLP4bit, Router
from glmv_cli.model.modules import Experts4bit, Linear4bit
from glmv_cli.model.norm import RMSNorm


class Stack:
    """The layers of ``body``, the language model, and the norm after them. H: hidden width."""

    def __init__(self, body: nn.Module, layers: Layers, attention: Attention) -> None:
        self._rotary: nn.Module = body.get_submodule("rotary_emb")
        self._layers = layers
        self._groups = len(attention.k.packed) // attention.width
        self._width = attention.width

    def takes(self, embeds: torch.Tensor) -> bool:
        """Whether ``embeds [1, n, H]`` are few enough, and where these layers are."""
        return self._layers.takes(embeds)

    def forward(self, embeds: torch.Tensor, positions: torch.Tensor, cache: KVCache) -> torch.Tensor:
        """Appends ``embeds [1, n, H]`` at ``positions``, as the body takes them, to the cache: ``[1, n, H]``."""
        cosines, sines = self._rotary(embeds, positions)  # [1, n, R] each
        count, before = embeds.shape[1], cache.length
        for index, stored in enumerate(cache.room(count, self._groups, self._width)):
            self._layers.put_cache(index, stored)
        hidden = self._layers.forward(embeds, cosines, sines, before)
        cache.extend(count)
        return hidden


def stack_of(body: Any) -> Stack | None:
    """None: something in it is not as the C library reads it."""
    layers = [_layer(module) for module in body.layers]
    whole = [layer for layer in layers if layer is not None and fits(layer)]
    eps = {norm.eps for norm in body.modules() if isinstance(norm, RMSNorm)}
    if len(whole) < len(layers) or len(eps) > 1 or not isinstance(body.norm, RMSNorm):
        return None
    pairs = {module.self_attn.pairs for module in body.layers}
    return Stack(body, Layers(whole, body.norm.weight, eps.pop(), pairs.pop()), whole[0].attention)


def _layer(module: Any) -> Layer | None:
    """What a decoder layer of transformers, the parts of which are ours, is made of."""
    attention, feedforward = _attention(module), _feedforward(module)
    return None if attention is None or feedforward is None else Layer(attention, feedforward)


def _attention(module: Any) -> Attention | None:
    attention, norm, after = module.self_attn, module.input_layernorm, getattr(module, "post_self_attn_layernorm", None)
    of_q, of_k = (getattr(attention, name, None) for name in ("q_norm", "k_norm"))
    packed = _packed(attention, ("q_proj", "k_proj", "v_proj", "o_proj"))
    if not isinstance(attention, Attention4bit) or packed is None or not _are_norms(norm, after, of_q, of_k):
        return None
    q, k, v, o = packed
    return Attention(norm.weight, _weight(after), q, k, v, o, _weight(of_q), _weight(of_k), attention.width)


def _feedforward(module: Any) -> FeedForward | None:
    norm, after = module.post_attention_layernorm, getattr(module, "post_mlp_layernorm", None)
    shared, routed = getattr(module.mlp, "shared_experts", module.mlp), None
    if shared is not module.mlp and (routed := _routed(module.mlp)) is None:
        return None
    matrices = _mlp(shared)
    if matrices is None or not _are_norms(norm, after):
        return None
    gate, up, down = matrices
    return FeedForward(norm.weight, _weight(after), gate, up, down, routed)


def _mlp(module: Any) -> Sequence[Weights] | None:
    """Gate, up and down."""
    if not isinstance(module, MLP4bit):
        return None
    if hasattr(module, "gate_up_proj"):
        fused = _packed(module, ("gate_up_proj", "down_proj"))
        return None if fused is None else (*fused[0].halves(), fused[1])
    return _packed(module, ("gate_proj", "up_proj", "down_proj"))


def _routed(module: Any) -> Routed | None:
    router, experts = module.gate, module.experts
    if not isinstance(router, Router) or not isinstance(experts, Experts4bit) or experts.runner is not None:
        return None
    return Routed(router.weight, router.e_score_correction_bias, router.rule, experts.packed)


def _packed(module: nn.Module, names: Sequence[str]) -> list[Weights] | None:
    parts = [part for name in names if isinstance(part := getattr(module, name, None), Linear4bit)]
    return [part.packed for part in parts] if len(parts) == len(names) else None


def _are_norms(*modules: nn.Module | None) -> bool:
    return all(module is None or isinstance(module, RMSNorm) for module in modules)


def _weight(norm: RMSNorm | None) -> torch.Tensor | None:
    return None if norm is None else norm.weight
