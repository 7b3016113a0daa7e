"""``glmv quantize``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glmv_cli.cli import options
from glmv_cli.cli.environment import Environment, environment_of

if TYPE_CHECKING:
    from glmv_cli.model.quantizer import Quantized

EPILOG = """
\b
Examples:
  glmv quantize ./GLM-4.5V ./GLM-4.5V-4bit
  glmv quantize zai-org/GLM-4.5V ~/models/GLM-4.5V-4bit
  glmv quantize ./GLM-4.5V ./GLM-4.5V-4bit --search

\b
A run that was interrupted, in whatever way, is gone on with by the same
command. Until everything is there, the result is in DST.partial.
"""


def quantize(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SRC", help="A checkpoint in 16 bit or FP8: a directory, or org/name on the hub.")
    ],
    target: Annotated[str, typer.Argument(metavar="DST", help="The directory of the 4-bit checkpoint; must be new.")],
    search: options.Search = False,
    revision: options.Revision = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace DST if it is a 4-bit checkpoint; begin again if SRC has changed."),
    ] = False,
    threads: options.ThreadCount = None,
    pin: options.Pin = None,
) -> int:
    """Turn a checkpoint into glmv's 4-bit format, experts included.

    Weights stream through: memory does not grow with the model. Embeddings, norms, vision tower and output head stay
    in 16 bit.
    """
    from glmv_cli.cli.failures import reading
    from glmv_cli.cli.sources import open_source
    from glmv_cli.cli.stream_progress import StreamProgress, resumable
    from glmv_cli.render.transfer import TransferLine
    from glmv_cli.store.workplace import check_idle, check_target, workplace_of

    environment = environment_of(context)
    chosen = options.chosen_threads(context, options.settled(context))
    directory = Path(os.path.abspath(os.path.expanduser(target)))
    line = TransferLine(environment.output, "quantizing")
    progress = StreamProgress(line)
    with reading():
        check_target(directory, force=force)
        check_idle(directory)
        work_dir = workplace_of(directory) / "download"
        opened = open_source(source, revision, work_dir, force=force, watcher=progress.downloaded)
    from glmv_cli.model.quantizer import quantize as run
    from glmv_cli.model.threads import use_threads

    use_threads(chosen)
    with resumable(environment, line), reading():
        done = run(opened, directory, search=search, force=force, progress=progress.converted)
    _summarize(environment, target, done)
    return 0


def _summarize(environment: Environment, target: str, done: Quantized) -> None:
    from glmv_cli.render.errors import write_note
    from glmv_cli.render.transfer import format_seconds
    from glmv_cli.units import format_bytes

    if done.kept_linears:
        some = ", ".join(done.kept_linears[:3]) + (" …" if len(done.kept_linears) > 3 else "")
        write_note(
            environment.output,
            f"{len(done.kept_linears)} linear layers stay in 16 bit, their width being no multiple of 64: {some}",
        )
    bits = 8 * done.result_bytes / max(1, done.parameters)
    rate = done.read_bytes / max(done.seconds, 1e-3)
    environment.output.to_stdout(
        f"{target}: {format_bytes(done.result_bytes)} from {format_bytes(done.source_bytes)}, "
        f"{bits:.2f} bits a weight, in {format_seconds(done.seconds)} ({format_bytes(int(rate))}/s)\n"
    )
