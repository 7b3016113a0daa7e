"""How the next token is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from transformers import (
    LogitsProcessorList,
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


def make_sampler(options: SamplingOptions, defaults: Mapping[str, Any]) -> Sampler:
    """``defaults`` is the checkpoint's ``generation_config.json``.

    An explicit temperature overrides all of the checkpoint's choices but the repetition penalty: released
    checkpoints say ``top_k: 1``, which would make any temperature a dead letter.
    """
    explicit = options.temperature is not None
    temperature = _number(defaults, "temperature", 1.0) if options.temperature is None else options.temperature
    greedy = temperature < _COLDEST or not (explicit or defaults.get("do_sample"))
    processors = LogitsProcessorList()
    if (penalty := _number(defaults, "repetition_penalty", 1.0)) != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(penalty))
    if not greedy:
        if temperature != 1.0:
            processors.append(TemperatureLogitsWarper(temperature))
        if not explicit:
            processors += _truncation(defaults)
    generator = torch.Generator()
    if options.seed is None:
        generator.seed()
    else:
        generator.manual_seed(options.seed)

    def sample(ids: torch.Tensor, logits: torch.Tensor) -> int:
        scores = processors(ids, logits.float())
        if greedy:
            return int(scores.argmax(-1))
        return int(torch.multinomial(scores.softmax(-1), 1, generator=generator))

    return sample


def _truncation(defaults: Mapping[str, Any]) -> LogitsProcessorList:
    warpers = LogitsProcessorList()
    if top_k := int(_number(defaults, "top_k", 0)):
        warpers.append(TopKLogitsWarper(top_k))
    if (top_p := _number(defaults, "top_p", 1.0)) < 1.0:
        warpers.append(TopPLogitsWarper(top_p))
    return warpers


def _number(defaults: Mapping[str, Any], key: str, neutral: float) -> float:
    """Checkpoints write ``null`` where they have no opinion."""
    value = defaults.get(key)
    return neutral if value is None else float(value)
