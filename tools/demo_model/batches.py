"""Samples → padded tensors, drawn anew for every step from a seed of its own."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Glm4vMoeModel

from tools.demo_model.config import model_config
from tools.demo_model.samples import UNTRAINED, Sample, Seen, encode, film_sample, still_sample


@dataclass(slots=True)
class VisionBatch:
    """Pictures and temporal patches of films, one after another. ``n``: merged tokens, ``k``: pictures."""

    patches: torch.Tensor  # [4n, 1176]
    grids: torch.Tensor  # [k, 3], t = 1
    kind: torch.Tensor  # [n]
    color: torch.Tensor  # [n]
    moves: torch.Tensor  # [n]
    box: torch.Tensor  # [n, 4]
    ground: torch.Tensor  # [k]


@dataclass(slots=True)
class TextBatch:
    """Dialogues, padded on the right. ``b``: dialogues, ``l``: tokens of the longest."""

    vision: VisionBatch
    ids: torch.Tensor  # [b, l]
    labels: torch.Tensor  # [b, l]
    mask: torch.Tensor  # [b, l]
    positions: torch.Tensor  # [3, b, l]


@dataclass(frozen=True, slots=True)
class Mix:
    """How many samples of each sort one rank takes in one step."""

    stills: int
    films: int
    boxes: float = 0.0
    """Share of the stills that end on a box, thought about first."""


class Batches:
    """For every step, two batches of stills and one of films: one rank's share, the same every time."""

    def __init__(self, tokenizer: Tokenizer, mix: Mix, seed: int, rank: int) -> None:
        self._tokenizer, self._mix, self._seed, self._rank = tokenizer, mix, seed, rank
        with torch.device("meta"):
            self._indexer = Glm4vMoeModel(model_config(tokenizer))  # only for its position arithmetic

    def __getitem__(self, step: int) -> tuple[TextBatch, ...]:
        rng = Random(f"{self._seed} {step} {self._rank}")
        stills = [still_sample(rng, self._mix.boxes) for _ in range(self._mix.stills)]
        films = [film_sample(rng) for _ in range(self._mix.films)]
        stills.sort(key=lambda sample: sum(len(text) for text, _ in sample.segments))
        half = len(stills) // 2  # short with short, so that less of a batch is padding
        short, long = stills[:half], stills[half:]
        if not any(sample.patches for sample in short):  # every batch needs something to see
            short[-1], long[-1] = long[-1], short[-1]
        groups = (short, long, films)
        return tuple(text_batch(self._tokenizer, group, self._indexer) for group in groups)


def text_batch(tokenizer: Tokenizer, samples: list[Sample], indexer: Glm4vMoeModel) -> TextBatch:
    encoded = [encode(tokenizer, sample) for sample in samples]
    longest = max(len(ids) for ids, _ in encoded)
    ids = torch.zeros(len(samples), longest, dtype=torch.long)
    labels = torch.full_like(ids, UNTRAINED)
    mask = torch.zeros_like(ids)
    kinds = torch.zeros_like(ids, dtype=torch.int)
    image_token = tokenizer.token_to_id("<|image|>")
    for row, (sample, (sample_ids, sample_labels)) in enumerate(zip(samples, encoded, strict=True)):
        n = len(sample_ids)
        ids[row, :n], labels[row, :n], mask[row, :n] = torch.tensor(sample_ids), torch.tensor(sample_labels), 1
        kinds[row][ids[row] == image_token] = 2 if sample.is_film else 1
    images = [g for s in samples if not s.is_film for g in s.grids]
    films = [g for s in samples if s.is_film for g in s.grids]
    positions, _ = indexer.get_rope_index(
        ids,
        kinds,
        torch.tensor(images) if images else None,
        torch.tensor(films) if films else None,
        attention_mask=mask,
    )
    return TextBatch(vision_batch(samples), ids, labels, mask, positions)


def vision_batch(samples: list[Sample]) -> VisionBatch:
    seen: list[Seen] = [s for sample in samples for s in sample.seen]
    grids = [(1, h, w) for sample in samples for t, h, w in sample.grids for _ in range(t)]
    return VisionBatch(
        patches=torch.cat([p for sample in samples for p in sample.patches]),
        grids=torch.tensor(grids),
        kind=torch.from_numpy(np.concatenate([s.kind for s in seen])),
        color=torch.from_numpy(np.concatenate([s.color for s in seen])),
        moves=torch.from_numpy(np.concatenate([s.moves for s in seen])),
        box=torch.from_numpy(np.concatenate([s.box for s in seen])),
        ground=torch.tensor([s.ground for s in seen]),
    )
