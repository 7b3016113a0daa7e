"""The options of every command that answers, once for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING

import typer

from glmv_cli.cli import formats, options, process, sampling, seeing
from glmv_cli.cli.environment import Environment, environment_of
from glmv_cli.config import Settled
from glmv_cli.messages import SamplingOptions, SeeingOptions

if TYPE_CHECKING:
    from glmv_cli.placement.threads import Threads


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How to answer, whatever the question is."""

    command: str
    settled: Settled
    threads: Threads
    written: formats.Written
    no_color: bool
    sampling: SamplingOptions
    seeing: SeeingOptions


def _shared(
    model: options.Model = None,
    think: options.Think = None,
    think_budget: sampling.ThinkBudget = None,
    show_thinking: options.Thinking = None,
    render: options.Render = None,
    no_color: options.NoColor = False,
    json: options.Json = False,
    quiet: formats.Quiet = False,
    verbose: formats.Verbose = False,
    max_tokens: sampling.MaxTokens = None,
    stop: sampling.Stop = None,
    temperature: sampling.Temperature = None,
    top_k: sampling.TopK = None,
    top_p: sampling.TopP = None,
    min_p: sampling.MinP = None,
    repetition_penalty: sampling.RepetitionPenalty = None,
    seed: sampling.Seed = None,
    max_pixels: options.MaxPixels = None,
    min_image_tokens: seeing.MinImageTokens = None,
    max_image_tokens: seeing.MaxImageTokens = None,
    animated: seeing.Animated = None,
    fps: seeing.Fps = None,
    max_frames: seeing.MaxFrames = None,
    max_video_tokens: seeing.MaxVideoTokens = None,
    start: seeing.Start = None,
    end: seeing.End = None,
    gpu_memory: options.GpuMemory = None,
    cpu_memory: options.CpuMemory = None,
    context_tokens: options.Context = None,
    threads: options.ThreadCount = None,
    pin: options.Pin = None,
    history: options.History = None,
) -> None:
    """Its signature is the table, in the order of ``--help``."""


def _writing(
    output: formats.OutputFile = None,
    jsonl: formats.JsonLines = False,
    format: formats.Format = None,
    extract: formats.Extract = None,
    schema: sampling.Schema = None,
) -> None:
    """What commands have besides that write answers as they are."""


def answering(command: Callable[..., int], without: Collection[str] = ()) -> Callable[..., int]:
    """``command(context, answering, …its own…)`` → what Typer sees: its own options, then those of :func:`_shared`
    but for some.

    They reach the command as the :class:`AnswerOptions` of its second parameter.
    """
    return _with_options(command, _shared, without=without)


def writing(command: Callable[..., int]) -> Callable[..., int]:
    """The same with the options of :func:`_writing`, for commands that write answers as they are."""
    return _with_options(command, _writing, _shared)


def _with_options(
    command: Callable[..., int], *tables: Callable[..., None], without: Collection[str] = ()
) -> Callable[..., int]:
    own = inspect.signature(command, eval_str=True)
    context, _, *parameters = own.parameters.values()
    every = [parameter for table in tables for parameter in inspect.signature(table, eval_str=True).parameters.values()]
    shared = [parameter for parameter in every if parameter.name not in without]

    @wraps(command)
    def answered(*, context: typer.Context, **given: object) -> int:
        if context.params["quiet"]:
            context.obj = _hushed(environment_of(context))
        arguments = [given[parameter.name] for parameter in parameters]
        process.reuse_freed_memory(environment_of(context).environ)
        return command(context, answer_options(context), *arguments)

    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (context, *parameters, *shared)]
    answered.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]  # what Typer reads
    return answered


def _hushed(environment: Environment) -> Environment:
    return replace(environment, output=replace(environment.output, quiet=True))


def answer_options(context: typer.Context) -> AnswerOptions:
    """What the options of :func:`_shared`, the environment and the configuration file say.

    Raises :class:`UsageError` for a variable or a file that makes no sense.
    """
    settled = options.settled(context)
    return AnswerOptions(
        context.command.name or "",
        settled,
        threads=options.chosen_threads(context, settled),
        written=formats.written_of(context),
        no_color=context.params["no_color"],
        sampling=sampling.sampling_of(context, settled.settings),
        seeing=seeing.seeing_of(context, settled.settings),
    )
