"""The experts of a layer that are on its GPU at the moment: fixed slots, filled a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch

from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.offload.mover import Ticket
from glmv_cli.model.offload.policy import UPLOADS_PER_STEP, SlotTable, Split
from glmv_cli.model.offload.staging import Staging


class Slots:
    """Memory for ``count`` experts on a device, and who is in it."""

    def __init__(self, count: int, staging: Staging) -> None:
        self.table = SlotTable(count)
        self._staging = staging
        size = staging.shape.size
        self._memory = torch.empty(count, size, dtype=torch.uint8, device=staging.mover.device)
        self.experts = staging.shape.views(self._memory)
        self._on_the_way: dict[int, Ticket] = {}

    def split(self, wanted: Sequence[int]) -> Split:
        """Which of the ``wanted`` experts can be computed here now; copies that have arrived count."""
        for expert in [expert for expert, ticket in self._on_the_way.items() if ticket.done()]:
            self._arrived(expert)
        return self.table.split(wanted)

    def computed(self) -> Ticket:
        """Everything that was launched on the device up to now, and may read the slots."""
        return self._staging.mover.computed()

    def upload(self, home: PackedExperts, candidates: Sequence[int], keep: Collection[int], after: Ticket) -> None:
        """Starts copying the first few of the ``candidates``, as far as that takes no waiting.

        ``keep``: what the current step uses. ``after``: everything that reads the slots of other experts.
        """
        for expert in candidates[:UPLOADS_PER_STEP]:
            if self._staging.is_free():
                self._send(home, expert, self.table.claim(expert, keep), after)

    def fill_free(self, home: PackedExperts, expert: int) -> int | None:
        """Copies an expert to a slot that nobody has, and returns it; None if there is none.

        What is computed next on the device waits for the copy, so that the expert can be used at once.
        """
        slot = self.table.claim(expert, (), evict=False)
        ticket = self._send(home, expert, slot, self.computed())
        if ticket is not None:
            ticket.hold_compute()
            self._arrived(expert)
        return slot

    def _arrived(self, expert: int) -> None:
        del self._on_the_way[expert]
        self.table.arrived(expert)

    def _send(self, home: PackedExperts, expert: int, slot: int | None, after: Ticket) -> Ticket | None:
        if slot is None:
            return None
        self._on_the_way[expert] = ticket = self._staging.send(home, expert, self._memory[slot], after)
        return ticket
