"""Which experts stay in main memory when not all of them fit: least recently used, in bytes, without reading any.

A step wants some experts of one layer. It is planned as a list of actions; at no moment do the resident experts,
those being read included, exceed the capacity.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

SCAN_TOKENS = 32
"""A step of this many tokens goes through most experts of its layer, once. What it reads goes first later, so that a
prompt does not push out what was there before, and half of the memory still means half of the hits."""

SCAN_BYTES = 64 << 20
"""What a scan reads at a time, while the experts read before are computed."""


class Key(NamedTuple):
    """One expert of one layer."""

    layer: int
    expert: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget these."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Start reading these."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """Use these: all are resident, or on their way."""

    keys: tuple[Key, ...]


Action = Drop | Fetch | Compute


class Residency:
    """What is resident of a set of experts, and in which order it goes. Sizes and ``capacity`` in bytes."""

    def __init__(self, capacity: int, scan_bytes: int = SCAN_BYTES) -> None:
        self.capacity = capacity
        self.used = 0
        self.hits = 0
        self.misses = 0
        self.bytes_read = 0
        """As they were fetched; the operating system may have had some of them in its cache."""
        self._scan_bytes = scan_bytes
        self._sizes: OrderedDict[Key, int] = OrderedDict()  # what is resident, what goes first in front

    @property
    def resident(self) -> tuple[Key, ...]:
        """What is in memory; the first goes first."""
        return tuple(self._sizes)

    def __contains__(self, key: Key) -> bool:
        return key in self._sizes

    def step(self, wanted: Iterable[Key], size: int, *, scan: bool) -> Iterator[Action]:
        """The actions of a step that wants these experts (each once) of ``size`` bytes; every one is to be carried
        out before the next is asked for.

        Experts in memory come first; while they are computed, the first of the others are read, and so on. In a
        ``scan`` the others are not kept at the cost of anything that was there before. An expert must fit into the
        capacity.
        """
        assert size <= self.capacity, "the plan leaves no room for a single expert"
        keys = tuple(wanted)
        hits = tuple(key for key in keys if key in self._sizes)
        missed = tuple(key for key in keys if key not in self._sizes)
        self.hits += len(hits)
        self.misses += len(missed)
        self.bytes_read += size * len(missed)
        if not scan:
            for key in hits:
                self._sizes.move_to_end(key)
        groups = [hits] if hits else []
        groups += _grouped(missed, self._group_length(size, scan))
        for index, group in enumerate(groups):
            yield from self._fetch(group, size, scan, keep=frozenset(group))
            if index + 1 < len(groups):
                ahead = groups[index + 1]
                if size * (len(group) + len(ahead)) <= self.capacity:
                    yield from self._fetch(ahead, size, scan, keep=frozenset(group + ahead))
            yield Compute(group)

    def _group_length(self, size: int, scan: bool) -> int:
        """Half of the capacity, so that one group can be read while another is computed."""
        room = min(self.capacity // 2, self._scan_bytes) if scan else self.capacity // 2
        return max(1, room // size)

    def _fetch(self, keys: tuple[Key, ...], size: int, scan: bool, keep: frozenset[Key]) -> Iterator[Action]:
        missing = tuple(key for key in keys if key not in self._sizes)
        room = self.capacity - self.used - size * len(missing)
        dropped: list[Key] = []
        for key, freed in self._sizes.items():
            if room >= 0:
                break
            if key not in keep:
                dropped.append(key)
                room += freed
        for key in dropped:
            self.used -= self._sizes.pop(key)
        if dropped:
            yield Drop(tuple(dropped))
        if not missing:
            return
        for key in missing:
            self._sizes[key] = size
            if scan:
                self._sizes.move_to_end(key, last=False)
        self.used += size * len(missing)
        yield Fetch(missing)


def _grouped(keys: tuple[Key, ...], length: int) -> list[tuple[Key, ...]]:
    return [keys[start : start + length] for start in range(0, len(keys), length)]
