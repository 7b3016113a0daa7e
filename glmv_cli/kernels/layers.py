"""Decoder layers for a few tokens in one call: see ``c/layers.h``.

What lies elsewhere than in main memory, or in another form, is computed by the modules of :mod:`glmv_cli.model`.

H: hidden width, D: width of a head, T: tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from glmv_cli.kernels import library, native, nf4, simd
from glmv_cli.kernels.linears import Weights
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.kernels.routing import MOST_EXPERTS, Rule, router_of

_MOST_TOKENS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Norms are ``[H]``, those of queries and keys ``[D]``. ``after``: a norm of what is added."""

    norm: torch.Tensor
    after: torch.Tensor | None
    q: Weights
    k: Weights
    v: Weights
    o: Weights
    q_norm: torch.Tensor | None
    k_norm: torch.Tensor | None
    width: int

    def vectors(self) -> list[torch.Tensor]:
        """All that is not packed."""
        return [part for part in (self.norm, self.after, self.q_norm, self.k_norm) if part is not None]


@dataclass(frozen=True, slots=True, eq=False)
class Routed:
    """The experts that a router chooses from: its ``weight [E, H]`` and ``correction [E]``."""

    weight: torch.Tensor
    correction: torch.Tensor
    rule: Rule
    experts: PackedExperts


@dataclass(frozen=True, slots=True, eq=False)
class FeedForward:
    """An MLP, which beside ``routed`` experts is the shared one."""

    norm: torch.Tensor
    after: torch.Tensor | None
    gate: Weights
    up: Weights
    down: Weights
    routed: Routed | None

    def vectors(self) -> list[torch.Tensor]:
        """All that is not packed."""
        routed = [] if self.routed is None else [self.routed.weight, self.routed.correction]
        return [self.norm, *routed, *([] if self.after is None else [self.after])]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A decoder layer."""

    attention: Attention
    feedforward: FeedForward


class Layers:
    """Consecutive layers as the library reads them, and the ``norm [H]`` after them.

    ``pairs``: as in :func:`glmv_cli.kernels.rotary.rotate`. All norms have the same ``eps``.
    """

    def __init__(self, layers: Sequence[Layer], norm: torch.Tensor, eps: float, pairs: bool) -> None:
        self._kept = layers, norm
        self._native = (library.Layer * len(layers))(*(library.Layer(*_of(layer)) for layer in layers))
        self._step = library.Step(hidden=len(norm), pairs=pairs, eps=eps, norm=norm.data_ptr())

    def __len__(self) -> int:
        return len(self._native)

    def takes(self, x: torch.Tensor) -> bool:
        """Whether ``x [1, T, H]`` can go through."""
        kernel = native.chosen().kernel
        few = 0 if kernel is None else min(kernel.few, _MOST_TOKENS)
        return x.shape[0] == 1 and x.shape[1] <= few and simd.takes(x)

    def put_cache(self, layer: int, stored: torch.Tensor) -> None:
        """Where keys and values of a layer lie: contiguous ``[2, 1, groups, capacity, D]``, float32."""
        attention = self._native[layer].attention
        first = stored.data_ptr()
        if attention.keys != first or attention.capacity != stored.shape[3]:
            attention.keys, attention.values = first, first + stored.nbytes // 2
            attention.capacity = stored.shape[3]

    def forward(self, x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, before: int) -> torch.Tensor:
        """``x [1, T, H]``, which it :meth:`takes`, at angles ``[1, T, R]`` through all layers and the norm.

        Keys and values are written behind the ``before`` tokens that the caches hold.
        """
        kernel, functions = native.chosen().kernel, simd.functions()
        assert kernel is not None, "it takes x"
        assert functions is not None
        out, step = x.clone(), self._step
        step.tokens, step.before, step.rotated = x.shape[1], before, cosines.shape[-1]
        step.cosines, step.sines = cosines.data_ptr(), sines.data_ptr()
        status = functions.library.glmv_layers(
            *(kernel.number, functions.set, native.format_of(nf4.NF4), self._native, len(self._native)),
            *(step, out.data_ptr(), torch.get_num_threads()),
        )
        library.check(status)
        return out


def fits(layer: Layer) -> bool:
    """Whether the library reads all of this layer where it lies."""
    attention, feedforward = layer.attention, layer.feedforward
    packed = (attention.q, attention.k, attention.v, attention.o, feedforward.gate, feedforward.up, feedforward.down)
    known = simd.takes(*attention.vectors(), *feedforward.vectors()) and all(matrix.fits() for matrix in packed)
    return known and (feedforward.routed is None or _routed_fit(feedforward.routed))


def _routed_fit(routed: Routed) -> bool:
    experts = routed.experts
    return (
        len(routed.weight) == len(experts.gate_up) <= MOST_EXPERTS
        and native.fits(nf4.NF4, experts.gate_up, experts.gate_up_absmax)
        and native.fits(nf4.NF4, experts.down, experts.down_absmax)
    )


def _of(layer: Layer) -> tuple[library.Attention, library.FeedForward]:
    return _attention(layer.attention), _feedforward(layer.feedforward)


def _address(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _projection(weights: Weights) -> library.Projection:
    return library.Projection(_matrix(weights), len(weights.packed), _address(weights.bias))


def _matrix(weights: Weights) -> library.Matrix:
    return library.Matrix.of(weights.packed, weights.absmax)


def _attention(attention: Attention) -> library.Attention:
    projections = (attention.q, attention.k, attention.v, attention.o)
    heads, groups = (len(part.packed) // attention.width for part in (attention.q, attention.k))
    return library.Attention(
        *(_address(attention.norm), _address(attention.after), *map(_projection, projections)),
        *(_address(attention.q_norm), _address(attention.k_norm), heads, groups, attention.width),
    )


def _feedforward(feedforward: FeedForward) -> library.FeedForward:
    matrices = (_matrix(part) for part in (feedforward.gate, feedforward.up, feedforward.down))
    routed = () if feedforward.routed is None else _routed(feedforward.routed)
    return library.FeedForward(
        *(_address(feedforward.norm), _address(feedforward.after), *matrices),
        *(len(feedforward.gate.packed), *routed),
    )


def _routed(routed: Routed) -> tuple[library.Router, library.Experts]:
    packed = routed.experts
    experts = native.experts_of((packed.gate_up, packed.gate_up_absmax), (packed.down, packed.down_absmax))
    return router_of(routed.weight, routed.correction, routed.rule), experts
