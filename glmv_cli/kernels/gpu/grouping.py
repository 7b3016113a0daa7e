"""Which lines of a grouped product belong to which expert, in tiles of one expert each. Integers in main memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Groups:
    """The choices of T tokens, sorted by expert: one *line* each. All int32, in one piece of memory."""

    size: int
    """The most lines of a tile."""
    tiles: torch.Tensor  # [tiles, 3]: expert, first line, line past the last one
    tokens: torch.Tensor  # [lines]: whose choice a line is
    lines: torch.Tensor  # [T, k]: the line of a choice; -1: of none

    @classmethod
    def of(cls, ids: torch.Tensor, device: torch.device) -> Groups:
        """Of ``ids [T, k]`` in main memory, those below 0 left out.

        They go to ``device`` in one copy, for which nobody waits.
        """
        chosen = ids.flatten().to(torch.int64)
        live = (chosen >= 0).nonzero().flatten()
        order = live[chosen[live].argsort(stable=True)]
        lines = torch.full_like(chosen, -1)
        lines[order] = torch.arange(len(order))
        experts, counts = chosen[order].unique_consecutive(return_counts=True)
        size = _size(len(order) / max(1, len(experts)))
        each, ends = (counts + size - 1) // size, counts.cumsum(0)  # tiles of an expert, and where its lines end
        number = torch.arange(int(each.sum())) - (each.cumsum(0) - each).repeat_interleave(each)
        first = (ends - counts).repeat_interleave(each) + number * size
        past = torch.minimum(first + size, ends.repeat_interleave(each))
        tiles = torch.stack([experts.repeat_interleave(each), first, past], dim=1)
        whole = torch.cat([tiles.flatten(), order // ids.shape[1], lines]).int().to(device, non_blocking=True)
        parts = whole.split([tiles.numel(), len(order), len(lines)])
        return cls(size, parts[0].view(-1, 3), parts[1], parts[2].view(ids.shape))


def _size(mean: float) -> int:
    """The lines of a tile, if ``mean`` is those of an expert: between what matrix units and registers want."""
    return 16 if mean <= 16 else 32 if mean <= 32 else 64
