"""A network without weights and a tokenizer of bytes: everything about the engine but arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from glmv_cli.engine.local import LocalEngine, Stop, Token
from glmv_cli.engine.sampler import Sampler
from glmv_cli.events import Progress
from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.network import Positions
from glmv_cli.prompt.inputs import IMAGE, ModelInputs, Vision

VOCABULARY = 256
STOP = 255
LEVELS = torch.linspace(-2, 2, 256).repeat(3, 1)
"""What a byte of a picture is to the network."""

Script = Callable[[list[float]], int]
"""All that the network has read, as it lies in its cache, → its next token."""


def mixed(history: list[float]) -> int:
    """A token that is another one if anything in the history is."""
    value = 1
    for number in history:
        value = (value * 31 + int(number * 7) + 3) % 1_000_003
    return value % STOP


class FakeNetwork:
    """Its cache holds what it was given: embeddings as keys, positions as values; H is 1.

    Every token of text is embedded as its id, those of a picture as numbers made from its patches. A picture takes
    one position. ``failing``: the passes, counted from 1, that break off, after the first of two layers.
    """

    def __init__(self, script: Script = mixed, context_length: int = 200, failing: Sequence[int] = ()) -> None:
        self.context_length = context_length
        self.script = script
        self.failing = failing
        self.passes: list[int] = []
        """The number of tokens of each pass."""
        self.encoded: list[int] = []
        """The number of patches of each medium that was encoded."""
        self.cache = KVCache(2, context_length)

    def new_cache(self, limit: int) -> KVCache:
        self.cache = KVCache(2, limit)
        return self.cache

    def embed_tokens(self, ids: torch.Tensor) -> torch.Tensor:
        return ids[..., None].float()

    def encode(self, kind: int, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        self.encoded.append(len(patches))
        return (1000 * kind + patches.reshape(len(patches) // 4, -1).sum(-1, keepdim=True)).round()

    def positions(self, inputs: ModelInputs) -> Positions:
        is_text = inputs.kinds == 0
        starts = is_text | (torch.nn.functional.pad(is_text, (1, -1), value=True))
        positions = starts.cumsum(-1) - 1
        return Positions(positions, int(positions[0, -1]) + 1 - inputs.ids.shape[1])

    def forward(self, embeds: torch.Tensor, positions: torch.Tensor, cache: KVCache) -> torch.Tensor:
        assert embeds.shape[1] == positions.shape[-1]
        self.passes.append(embeds.shape[1])
        cache.update(embeds[None], positions[None, ..., None].float(), 0)
        if len(self.passes) in self.failing:
            raise MemoryError
        keys, values = cache.update(embeds[None], positions[None, ..., None].float(), 1)
        self.read = torch.stack([keys.flatten(), values.flatten()], dim=1).flatten().tolist()
        return embeds

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(1, VOCABULARY)
        logits[0, self.script(self.read)] = 1.0
        return logits


def byte_tokenizer() -> Tokenizer:
    """One token a byte."""
    tokenizer = Tokenizer(BPE({character: i for i, character in enumerate(sorted(ByteLevel.alphabet()))}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteDecoder()
    return tokenizer


def engine_of(network: FakeNetwork, *, chunk: int = 8, context: int | None = None) -> LocalEngine:
    return LocalEngine(network, byte_tokenizer(), frozenset([STOP]), context, chunk)


def prompt(ids: Sequence[int], *pictures: tuple[int, int]) -> ModelInputs:
    """Text with pictures ``(start, seed)`` of 4 tokens put over it."""
    kinds = torch.zeros(1, len(ids), dtype=torch.int)
    for start, _ in pictures:
        kinds[0, start : start + 4] = IMAGE
    patches = [random_patches(seed) for _, seed in pictures]
    images = Vision(torch.cat(patches), torch.tensor([[1, 4, 4]] * len(pictures)), LEVELS) if pictures else None
    return ModelInputs(torch.tensor([list(ids)]), kinds, images, None, False)


def random_patches(seed: int) -> torch.Tensor:
    """Of a picture of 16 patches, each of one pixel."""
    return torch.randint(0, 256, (16, 3), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def greedy(ids: torch.Tensor, logits: torch.Tensor) -> int:
    return int(logits.argmax(-1))


def tokens_of(engine: LocalEngine, inputs: ModelInputs, max_tokens: int = 10, sampler: Sampler = greedy) -> list[int]:
    return [s.id for s in engine.generate(inputs, sampler, max_tokens) if isinstance(s, Token)]


def first_logits(engine: LocalEngine, inputs: ModelInputs) -> tuple[torch.Tensor, int]:
    """``[vocabulary]`` that the first token of an answer is chosen from, and how much of the prompt was known."""
    seen: list[torch.Tensor] = []

    def sampler(ids: torch.Tensor, logits: torch.Tensor) -> int:
        seen.append(logits[0])
        return 100

    *_, stop = engine.generate(inputs, sampler, 1)
    assert isinstance(stop, Stop)
    return seen[0], stop.spent.cached_tokens


def stop_of(engine: LocalEngine, inputs: ModelInputs, max_tokens: int = 10) -> Stop:
    *_, stop = engine.generate(inputs, greedy, max_tokens)
    assert isinstance(stop, Stop)
    return stop


def progress_of(engine: LocalEngine, inputs: ModelInputs) -> list[tuple[str, int, int]]:
    steps = engine.generate(inputs, greedy, 1)
    return [(s.stage, s.done, s.total) for s in steps if isinstance(s, Progress)]
