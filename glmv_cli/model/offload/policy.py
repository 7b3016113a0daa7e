"""Which experts of a layer occupy the slots of its GPU: least recently used, in integers, without a GPU."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

STREAMING_TOKENS = 64
"""From this many tokens on, a layer's missed experts go through the buffers of the GPU instead of being computed
where they lie: nearly all experts are wanted then, and each by several tokens."""

UPLOADS_PER_STEP = 2
"""Experts of a layer that may be copied to slots after a step of decoding: copying takes memory bandwidth from
computing, and an expert that is wanted often is missed again."""


@dataclass(frozen=True, slots=True)
class Split:
    """The experts that a step wants: expert → slot for those that can be used now, and the others, in order."""

    hits: dict[int, int]
    misses: tuple[int, ...]


class SlotTable:
    """Who is in which slot. An expert is *arriving* from :meth:`claim` to :meth:`arrived`, and missed until then."""

    def __init__(self, slots: int) -> None:
        self._free = list(range(slots))[::-1]
        self._present: OrderedDict[int, int] = OrderedDict()  # expert → slot, the least recently used first
        self._arriving: dict[int, int] = {}
        self.hits = 0
        self.misses = 0

    def split(self, wanted: Iterable[int]) -> Split:
        """Which of the ``wanted`` experts (each once) are in slots; these become the most recently used."""
        hits: dict[int, int] = {}
        misses: list[int] = []
        for expert in wanted:
            if expert in self._present:
                self._present.move_to_end(expert)
                hits[expert] = self._present[expert]
            else:
                misses.append(expert)
        self.hits += len(hits)
        self.misses += len(misses)
        return Split(hits, tuple(misses))

    def claim(self, expert: int, keep: Collection[int], *, evict: bool = True) -> int | None:
        """A slot for an expert that shall be copied there, or None.

        It is a free one, or, with ``evict``, that of the least recently used expert that is neither arriving nor one
        to ``keep`` (what the current step uses). None too if the expert has a slot already.
        """
        if expert in self._present or expert in self._arriving:
            return None
        slot = self._free.pop() if self._free else self._evicted(keep) if evict else None
        if slot is not None:
            self._arriving[expert] = slot
        return slot

    def arrived(self, expert: int) -> None:
        """The copy of a claimed expert is complete; it counts as the most recently used."""
        self._present[expert] = self._arriving.pop(expert)

    @property
    def present(self) -> dict[int, int]:
        """Expert → slot, the least recently used first."""
        return dict(self._present)

    @property
    def arriving(self) -> dict[int, int]:
        """Expert → slot."""
        return dict(self._arriving)

    def _evicted(self, keep: Collection[int]) -> int | None:
        victim = next((expert for expert in self._present if expert not in keep), None)
        return None if victim is None else self._present.pop(victim)
