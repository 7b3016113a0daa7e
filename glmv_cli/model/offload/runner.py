"""The routed experts of a layer, computed in part on the layer's device and in part where the others live."""

from __future__ import annotations

import torch

from glmv_cli.kernels.moe import routed_experts
from glmv_cli.model.offload.home import Home
from glmv_cli.model.offload.policy import STREAMING_TOKENS, Split
from glmv_cli.model.offload.prefill import Stream
from glmv_cli.model.offload.slots import Slots


class HomeRunner:
    """Computes every expert at its home, in ``dtype``, wherever the tokens come from."""

    def __init__(self, home: Home, dtype: torch.dtype) -> None:
        self.home = home
        self.device = home.experts.gate_up.device
        self.dtype = dtype

    def __call__(self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """``hidden [T, H]``, chosen experts ``ids [T, k]`` and their ``weights [T, k]`` → ``[T, H]``."""
        host_ids = ids.cpu()
        there = hidden.to(self.device, self.dtype)
        out = self.compute(there, host_ids, weights.to(self.device), _by_demand(host_ids))
        return out.to(hidden.device, hidden.dtype)

    def compute(
        self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, wanted: tuple[int, ...]
    ) -> torch.Tensor:
        """The part of the ``wanted`` experts. ``hidden`` and ``weights`` are at home, ``ids`` in main memory."""
        out = torch.zeros_like(hidden)
        for group in self.home.visit(wanted, tokens=hidden.shape[0]):
            out += routed_experts(
                hidden, _placed(ids, dict(zip(group, group, strict=True))), weights, self.home.experts
            )
        return out


class SlotRunner:
    """Computes on the layer's device what lies in its slots, and the rest at home at the same time.

    From ``streaming_tokens`` on, and if there is a ``stream``, the rest is brought to the device instead.
    """

    def __init__(
        self, slots: Slots, stream: Stream | None, elsewhere: HomeRunner, streaming_tokens: int = STREAMING_TOKENS
    ) -> None:
        self.slots = slots
        self.elsewhere = elsewhere
        self._stream = stream
        self._streaming_tokens = streaming_tokens

    def __call__(self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """``hidden [T, H]``, chosen experts ``ids [T, k]`` and their ``weights [T, k]`` → ``[T, H]``."""
        host_ids = ids.cpu()  # waits for the router, and so for everything that was computed before
        wanted = _by_demand(host_ids)
        split = self.slots.split(wanted)
        if self._stream is not None and hidden.shape[0] >= self._streaming_tokens:
            return self._streamed(hidden, host_ids, weights, split, self._stream)
        return self._divided(hidden, host_ids, weights, split)

    def _divided(self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, split: Split) -> torch.Tensor:
        home = self.elsewhere
        before = self.slots.computed()
        if not split.misses:
            return self._hits(hidden, ids, weights, split)
        # The tokens leave before the device gets its work: they would have to wait for it.
        there, weights_there = hidden.to(home.device, home.dtype), weights.to(home.device)
        out = self._hits(hidden, ids, weights, split)
        missed = home.compute(there, ids, weights_there, split.misses)
        candidates = [expert for expert in split.misses if home.home.holds(expert)]
        self.slots.upload(home.home.experts, candidates, keep=split.hits, after=before)
        return out + missed.to(out.device, out.dtype)

    def _hits(self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, split: Split) -> torch.Tensor:
        return routed_experts(hidden, _placed(ids, split.hits), weights, self.slots.experts)

    def _streamed(
        self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, split: Split, stream: Stream
    ) -> torch.Tensor:
        """Every missed expert comes to the device, into a slot as long as there are free ones: the most wanted stay."""
        home = self.elsewhere.home
        out = self._hits(hidden, ids, weights, split)
        for group in home.visit(split.misses, tokens=hidden.shape[0]):
            for expert in group:
                slot = self.slots.fill_free(home.experts, expert)
                if slot is not None:
                    out += routed_experts(hidden, _placed(ids, {expert: slot}), weights, self.slots.experts)
                    continue
                buffer = stream.send(home.experts, expert)
                out += routed_experts(hidden, _placed(ids, {expert: buffer}), weights, stream.experts)
                stream.computed(buffer)
        return out


def _by_demand(ids: torch.Tensor) -> tuple[int, ...]:
    """The experts in ``ids``, those that most tokens chose first."""
    experts, counts = ids.unique(return_counts=True)
    return tuple(experts[counts.argsort(descending=True, stable=True)].tolist())


def _placed(ids: torch.Tensor, places: dict[int, int]) -> torch.Tensor:
    """``ids`` with every expert replaced by its place, or by -1 if it has none."""
    table = torch.full((int(ids.max()) + 1,), -1)
    for expert, place in places.items():
        table[expert] = place
    return table[ids]
