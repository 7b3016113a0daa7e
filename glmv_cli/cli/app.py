"""The commands of ``glmv`` and their help."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli import __version__
from glmv_cli.cli import options
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.inquiry import STDIN, Inquiry, check_stdin, clean_prompt, read_prompt
from glmv_cli.cli.options import DEFAULTS, AnswerOptions
from glmv_cli.messages import SamplingOptions

# "\b" keeps the lines of the paragraph that follows it.
_EPILOG = """
\b
Exit codes:
  0    answered
  1    something else went wrong
  2    the command line does not make sense
  65   a picture or film cannot be used
  66   no such input, or it cannot be opened
  69   the model is unknown, incomplete or damaged
  70   a bug in glmv
  75   not enough memory; the hint says what to try
  130  interrupted
  141  the reader of the output went away

\b
Environment:
  GLMV_MODEL    the model to use without -m
  GLMV_DEBUG=1  show the traceback of an error
"""

_DESCRIBE_EPILOG = """
\b
Examples:
  glmv describe photo.jpg
  glmv describe film.mp4 -p "What moves, and where?"
  glmv describe *.png --json
  glmv describe before.png after.png --together -p "What has changed?"
  curl -s "$URL" | glmv describe -
"""

_ASK_EPILOG = """
\b
Examples:
  glmv ask "Which is larger?" -a one.png -a two.png
  glmv ask "What can you do?"
  glmv ask - -a plan.png < question.txt
"""

_SETTINGS = {"help_option_names": ["-h", "--help"]}


def create_app() -> typer.Typer:
    """The command tree. ``context.obj`` must be an :class:`Environment`."""
    # No rich markup: importing rich would double the time that --help takes.
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
        epilog=_EPILOG,
    )
    app.callback(invoke_without_command=True)(glmv)
    app.command(epilog=_DESCRIBE_EPILOG, context_settings=_SETTINGS)(describe)
    app.command(epilog=_ASK_EPILOG, context_settings=_SETTINGS)(ask)
    return app


def _show_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        _environment(context).output.to_stdout(f"glmv {__version__}\n")
        raise typer.Exit


def glmv(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Ask GLM-V vision models about pictures and films, on your own machine.

    The answer goes to standard output, everything else to standard error.
    """
    if context.invoked_subcommand is None:
        _environment(context).output.to_stderr(context.get_help() + "\n")
        raise typer.Exit(2)


def describe(
    context: typer.Context,
    media: Annotated[list[str], typer.Argument(metavar="MEDIA", help="Pictures and films; - is standard input.")],
    prompt: Annotated[
        str | None,
        typer.Option("-p", "--prompt", metavar="PROMPT", help="Ask this instead of 'Describe this …'."),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="Put all files into one question instead of one each.")
    ] = False,
    model: options.Model = DEFAULTS.model,
    think: options.Think = DEFAULTS.think,
    show_thinking: options.Thinking = DEFAULTS.show_thinking,
    json: options.Json = DEFAULTS.json,
    max_tokens: options.MaxTokens = DEFAULTS.sampling.max_tokens,
    temperature: options.Temperature = DEFAULTS.sampling.temperature,
    seed: options.Seed = DEFAULTS.sampling.seed,
    max_pixels: options.MaxPixels = DEFAULTS.max_pixels,
) -> int:
    """Say what is in pictures and films.

    Several files give several answers, each under the name of its file. One that cannot be used does not stop
    the others; the exit code tells.
    """
    environment = _environment(context)
    check_stdin(media, environment.stdin)
    question = None if prompt is None else clean_prompt(prompt)
    sampling = SamplingOptions(max_tokens, temperature, seed)
    chosen = AnswerOptions(model, think, show_thinking, json, sampling, max_pixels)
    groups = [tuple(media)] if together else [(name,) for name in media]
    return _answer(environment, chosen, *(Inquiry(group, question) for group in groups))


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
    environment = _environment(context)
    media = tuple(attach or ())
    check_stdin(media, environment.stdin, prompt=prompt)
    if prompt == STDIN:
        prompt = read_prompt(environment.stdin)
    sampling = SamplingOptions(max_tokens, temperature, seed)
    chosen = AnswerOptions(model, think, show_thinking, json, sampling, max_pixels)
    return _answer(environment, chosen, Inquiry(media, clean_prompt(prompt)))


def _answer(environment: Environment, chosen: AnswerOptions, *inquiries: Inquiry) -> int:
    from glmv_cli.cli.answers import answer_all  # renderers and all: --help need not wait for them

    return answer_all(environment, chosen, inquiries)


def _environment(context: typer.Context) -> Environment:
    environment = context.obj
    assert isinstance(environment, Environment)
    return environment
