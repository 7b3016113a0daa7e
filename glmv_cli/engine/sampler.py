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


def make_sampler(options: SamplingOptions, defaults: Mapping[str, Any]) -> Sampler:
    """``defaults`` is the checkpoint's ``generation_config.json``.

    An explicit temperature overrides all of the checkpoint's choices but the repetition penalty: released
    checkpoints say ``top_k: 1``, which would make any temperature a dead letter.
    """
    explicit = options.temperature is not None
    temperature = float(defaults.get("temperature", 1.0) if options.temperature is None else options.temperature)
    greedy = temperature == 0 if explicit else not defaults.get("do_sample", False)
    processors = LogitsProcessorList()
    if (penalty := defaults.get("repetition_penalty", 1.0)) != 1.0:
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
    if top_k := defaults.get("top_k"):
        warpers.append(TopKLogitsWarper(int(top_k)))
    if (top_p := defaults.get("top_p", 1.0)) < 1.0:
        warpers.append(TopPLogitsWarper(float(top_p)))
    return warpers
