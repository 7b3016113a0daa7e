"""The embeddings of pictures and films that were seen lately."""

from __future__ import annotations

from collections import OrderedDict

import torch

from glmv_cli.model.network import Network
from glmv_cli.placement.budget import VISION_CACHE
from glmv_cli.prompt.inputs import Medium


class VisionCache:
    """Encodes a medium once and keeps the result, by content, in main memory; the least recently used goes first."""

    def __init__(self, network: Network, capacity: int = VISION_CACHE) -> None:
        self._network = network
        self._capacity = capacity
        self._kept: OrderedDict[bytes, torch.Tensor] = OrderedDict()

    def __contains__(self, medium: Medium) -> bool:
        return medium.digest in self._kept

    def features(self, medium: Medium) -> torch.Tensor:
        """The embeddings ``[n, H]`` of its tokens."""
        kept = self._kept.get(medium.digest)
        if kept is None:
            kept = self._network.encode(medium.kind, medium.values(), medium.grid).to("cpu")
            self._kept[medium.digest] = kept
        self._kept.move_to_end(medium.digest)
        while sum(features.nbytes for features in self._kept.values()) > self._capacity:
            self._kept.popitem(last=False)
        return kept
