"""The plan: where every part of a model lives. ``glmv plan`` prints it, the loader obeys it."""

from __future__ import annotations

from dataclasses import dataclass

CPU = "cpu"
DISK = "disk"
"""Computed by the CPU, from the mapped file, of which only a part fits into memory at a time."""


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """A decoder layer. Places are ``cuda:N``, :data:`CPU` or :data:`DISK`."""

    index: int
    core: str
    """Attention with its KV cache, norms, the router, and the dense MLP or the shared expert: they run here."""
    experts: str | None
    """Home of the routed experts; None in a dense layer. A missed expert is computed where it lies."""
    slots: int = 0
    """How many of the layer's experts may be copied to the GPU of ``core`` at a time; 0 if all live there, and
    where ``core`` is no GPU."""


@dataclass(frozen=True, slots=True)
class TierUse:
    """What the plan puts on one device. Bytes."""

    place: str
    capacity: int
    """What may be used; for :data:`DISK`, the size of what is read from it."""
    weights: int
    """Of what lives here: every weight counts once, where it lives."""
    kv_cache: int
    slots: int
    """Copies of experts that live elsewhere: slots of a GPU; in main memory, the part of those at :data:`DISK` that
    may be there at a time."""
    workspace: int
    """Activations, staging buffers and what the libraries take."""

    @property
    def used(self) -> int:
        """Everything together."""
        return self.weights + self.kv_cache + self.slots + self.workspace


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a model goes. All of it can be computed without importing torch.

    If one layer's experts are at :data:`DISK`, so are those of every layer whose experts are not on a GPU.
    """

    embeddings: str
    vision: str | None
    """None: a text model."""
    head: str
    layers: tuple[LayerPlan, ...]
    context: int
    """Tokens of prompt and answer for which the KV cache is reserved."""
    tiers: tuple[TierUse, ...]
    """GPUs in order, then CPU, then disk if it is used."""
    cpu_memory: int
    """Bytes of weights that may be resident in main memory: the CPU's capacity without caches and workspace.
    Experts at :data:`DISK` share what the weights at :data:`CPU` leave of it."""
    reasons: tuple[str, ...]
    """Why it came out so, a line each."""
    advice: tuple[str, ...] = ()
    """What could be asked for to make it better, a line each."""
    stream: int = 0
    """Experts in each of the two buffers through which prefill may stream a layer's experts to its GPU; 0: none.
    They are reserved in the workspace of every GPU with layers whose experts do not all live there."""
