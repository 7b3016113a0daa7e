"""Which layers go to which GPU: contiguous ranges, so that a token crosses from one GPU to the next once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Item:
    """A layer. Bytes."""

    core: int
    """What must be there for the layer to run there: weights and KV cache."""
    experts: int
    """All its routed experts."""


Range = tuple[int, int]
"""First layer, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Sums over ranges, and what each GPU can take beside its workspace."""

    rooms: tuple[int, ...]
    cores: tuple[int, ...]
    experts: tuple[int, ...]

    @classmethod
    def of(cls, rooms: Sequence[int], items: Sequence[Item]) -> Rooms:
        """``rooms`` in bytes, a GPU each."""
        cores = accumulate((item.core for item in items), initial=0)
        return cls(tuple(rooms), tuple(cores), tuple(accumulate((item.experts for item in items), initial=0)))

    def left(self, gpu: int, layers: Range) -> int:
        """What is left beside the cores; negative if these do not fit."""
        return self.rooms[gpu] - (self.cores[layers[1]] - self.cores[layers[0]])

    def wanted(self, layers: Range) -> int:
        """Bytes of the experts."""
        return self.experts[layers[1]] - self.experts[layers[0]]


Worth = Callable[[int, int], int]
"""From the bytes left for experts and the bytes of the range's experts, to the bytes that are of use."""


def best_ranges(rooms: Rooms, worth: Worth) -> list[Range] | None:
    """The ranges, a GPU each, that hold every core and together are worth most; None if the cores do not fit.

    Exact, by dynamic programming over the ends of ranges, so that more room is never worth less. Among equals,
    the first GPUs get more.
    """
    count = len(rooms.cores) - 1
    best: list[int | None] = [0] + [None] * count  # best[end]: worth of the GPUs so far with the first `end` layers
    choices: list[list[int]] = []
    for gpu in range(len(rooms.rooms)):
        new: list[int | None] = [None] * (count + 1)
        starts = [0] * (count + 1)
        for end in range(count + 1):
            for start in range(end, -1, -1):
                before, left = best[start], rooms.left(gpu, (start, end))
                if start < end and left < 0:
                    break  # an even longer range fits even less
                if before is None:
                    continue
                value = before + (worth(left, rooms.wanted((start, end))) if start < end else 0)
                current = new[end]
                if current is None or value > current:
                    new[end], starts[end] = value, start
        best = new
        choices.append(starts)
    if best[count] is None:
        return None
    ranges: list[Range] = []
    end = count
    for starts in reversed(choices):
        ranges.append((starts[end], end))
        end = starts[end]
    return ranges[::-1]


def last_layers(rooms: Rooms) -> list[Range]:
    """As many of the last layers as there is room for, where not all fit; a GPU each, the first GPU has the first."""
    end = len(rooms.cores) - 1
    ranges: list[Range] = []
    for gpu in reversed(range(len(rooms.rooms))):
        start = end
        while start > 0 and rooms.left(gpu, (start - 1, end)) >= 0:
            start -= 1
        ranges.append((start, end))
        end = start
    return ranges[::-1]


def spread(slots: int, layers: int, limit: int, least: int) -> list[int]:
    """``slots`` over ``layers``: evenly, at most ``limit`` each, but to fewer layers if each would get below ``least``.

    Fewer slots than a token needs experts would be overwritten before they are used again.
    """
    if not layers or not slots:
        return [0] * layers
    served = min(layers, max(1, slots // max(1, least)))
    share, more = divmod(min(slots, served * limit), served)
    return [share + (index < more) for index in range(served)] + [0] * (layers - served)
