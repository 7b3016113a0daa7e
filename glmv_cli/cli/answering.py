"""The options of every command that answers, once for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

import typer

from glmv_cli.cli import options, sampling
from glmv_cli.config import Settled
from glmv_cli.messages import SamplingOptions

if TYPE_CHECKING:
    from glmv_cli.placement.threads import Threads


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How to answer, whatever the question is."""

    settled: Settled
    threads: Threads
    json: bool
    no_color: bool
    sampling: SamplingOptions


def _shared(
    model: options.Model = None,
    think: options.Think = None,
    think_budget: sampling.ThinkBudget = None,
    show_thinking: options.Thinking = None,
    render: options.Render = None,
    no_color: options.NoColor = False,
    json: options.Json = False,
    max_tokens: sampling.MaxTokens = None,
    stop: sampling.Stop = None,
    temperature: sampling.Temperature = None,
    top_k: sampling.TopK = None,
    top_p: sampling.TopP = None,
    min_p: sampling.MinP = None,
    repetition_penalty: sampling.RepetitionPenalty = None,
    seed: sampling.Seed = None,
    max_pixels: options.MaxPixels = None,
    gpu_memory: options.GpuMemory = None,
    cpu_memory: options.CpuMemory = None,
    context_tokens: options.Context = None,
    threads: options.ThreadCount = None,
    pin: options.Pin = None,
) -> None:
    """Its signature is the table, in the order of ``--help``."""


def answering(command: Callable[..., int], without: Collection[str] = ()) -> Callable[..., int]:
    """``command(context, answering, …its own…)`` → what Typer sees: its own options, then those of :func:`_shared`
    but for some.

    They reach the command as the :class:`AnswerOptions` of its second parameter.
    """
    own = inspect.signature(command, eval_str=True)
    context, _, *parameters = own.parameters.values()
    shared = [p for p in inspect.signature(_shared, eval_str=True).parameters.values() if p.name not in without]

    @wraps(command)
    def answered(*, context: typer.Context, **given: object) -> int:
        arguments = [given[parameter.name] for parameter in parameters]
        return command(context, answer_options(context), *arguments)

    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (context, *parameters, *shared)]
    answered.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]  # what Typer reads
    return answered


def answer_options(context: typer.Context) -> AnswerOptions:
    """What the options of :func:`_shared`, the environment and the configuration file say.

    Raises :class:`UsageError` for a variable or a file that makes no sense.
    """
    settled = options.settled(context)
    return AnswerOptions(
        settled,
        threads=options.chosen_threads(context, settled),
        json=context.params.get("json", False),
        no_color=context.params["no_color"],
        sampling=sampling.sampling_of(context, settled.settings),
    )
