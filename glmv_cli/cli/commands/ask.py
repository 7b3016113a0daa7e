"""``glmv ask``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli import options
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import STDIN, Inquiry, check_stdin, clean_prompt, read_prompt
from glmv_cli.cli.options import DEFAULTS, AnswerOptions
from glmv_cli.messages import SamplingOptions

EPILOG = """
\b
Examples:
  glmv ask "Which is larger?" -a one.png -a two.png
  glmv ask "What can you do?"
  glmv ask - -a plan.png < question.txt
"""


def ask(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="The question; - reads it from stdin.")],
    attach: Annotated[
        list[str] | None,
        typer.Option(
            "-a",
            "--attach",
            metavar="MEDIA",
            help="A picture or film, or - for stdin; may be given again.",
        ),
    ] = None,
    model: options.Model = DEFAULTS.model,
    think: options.Think = DEFAULTS.think,
    show_thinking: options.Thinking = DEFAULTS.show_thinking,
    json: options.Json = DEFAULTS.json,
    max_tokens: options.MaxTokens = DEFAULTS.sampling.max_tokens,
    temperature: options.Temperature = DEFAULTS.sampling.temperature,
    seed: options.Seed = DEFAULTS.sampling.seed,
    max_pixels: options.MaxPixels = DEFAULTS.max_pixels,
) -> int:
    """Ask a question, with or without pictures and films."""
    from glmv_cli.cli.answers import answer_all  # renderers and all: --help need not wait for them

    environment = environment_of(context)
    media = tuple(attach or ())
    check_stdin(media, environment.stdin, prompt=prompt)
    if prompt == STDIN:
        prompt = read_prompt(environment.stdin)
    sampling = SamplingOptions(max_tokens, temperature, seed)
    chosen = AnswerOptions(model, think, show_thinking, json, sampling, max_pixels)
    return answer_all(environment, chosen, [Inquiry(media, clean_prompt(prompt))])
