"""How the next token is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from glmv_cli.messages import SamplingOptions

Sampler = Callable[[torch.Tensor, torch.Tensor], int]
"""``ids [1, L]`` so far and ``logits [1, vocabulary]`` → the next token id."""
_COLDEST = 1e-4
"""Below this temperature the likeliest token wins in any case, while logits divided by it may overflow."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What holds, of what was asked for and what the checkpoint says."""

    repetition_penalty: float
    greedy: bool
    temperature: float
    top_k: int
    top_p: float
    min_p: float


def make_sampler(options: SamplingOptions, defaults: Mapping[str, Any]) -> Sampler:
    """``defaults`` is the checkpoint's ``generation_config.json``, over what its family does without one.

    Does, in the same order, what ``generate`` of transformers does with the same settings.
    """
    choice = _choice(options, defaults)
    processors = _processors(choice)
    if choice.greedy:
        return _greedy(processors)
    generator = torch.Generator()
    if options.seed is None:
        generator.seed()
    else:
        generator.manual_seed(options.seed)

    def draw(ids: torch.Tensor, logits: torch.Tensor) -> int:
        scores = processors(ids, logits.float())
        return int(torch.multinomial(scores.softmax(-1), 1, generator=generator))

    return draw


def _greedy(processors: LogitsProcessorList) -> Sampler:
    if not processors:
        return lambda ids, logits: int(logits.argmax(-1))
    return lambda ids, logits: int(processors(ids, logits.float()).argmax(-1))


def _choice(options: SamplingOptions, defaults: Mapping[str, Any]) -> _Choice:
    def settled(asked: float | None, key: str, neutral: float, holds: bool = True) -> float:
        """Checkpoints write ``null`` where they have no opinion."""
        value = defaults.get(key) if asked is None and holds else asked
        return neutral if value is None else float(value)

    explicit = any(value is not None for value in (options.temperature, options.top_k, options.top_p, options.min_p))
    temperature = settled(options.temperature, "temperature", 1.0)
    return _Choice(
        repetition_penalty=settled(options.repetition_penalty, "repetition_penalty", 1.0),
        greedy=temperature < _COLDEST or not (explicit or defaults.get("do_sample")),
        temperature=temperature,
        top_k=int(settled(options.top_k, "top_k", 0, not explicit)),
        top_p=settled(options.top_p, "top_p", 1.0, not explicit),
        min_p=settled(options.min_p, "min_p", 0.0, not explicit),
    )


def _processors(choice: _Choice) -> LogitsProcessorList:
    processors = LogitsProcessorList()
    if choice.repetition_penalty != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(choice.repetition_penalty))
    if choice.greedy:
        return processors
    if choice.temperature != 1.0:
        processors.append(TemperatureLogitsWarper(choice.temperature))
    if choice.top_k > 0:
        processors.append(TopKLogitsWarper(choice.top_k))
    if choice.top_p < 1.0:
        processors.append(TopPLogitsWarper(choice.top_p))
    if choice.min_p > 0.0:
        processors.append(MinPLogitsWarper(choice.min_p))
    return processors
