"""``glmv show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmv_cli.cli import options
from glmv_cli.cli.environment import Environment, environment_of

if TYPE_CHECKING:
    from glmv_cli.model.summary import PartSize, Summary

EPILOG = """
\b
Examples:
  glmv show
  glmv show ~/models/GLM-4.5V-4bit --verify
  glmv show demo --json
"""


def show(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]", help="A model or its directory. Without it, the default model.", show_default=False
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read everything, and compare it with the digests of the manifest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> int:
    """Say what a model is: its family, its size by part, where it comes from, and whether it is whole.

    The exit code is 69 if --verify finds something wrong.
    """
    from glmv_cli.cli.failures import reading
    from glmv_cli.errors import ModelError
    from glmv_cli.model.summary import summarize
    from glmv_cli.render.show import show_json, show_text
    from glmv_cli.store.models import resolve_model

    environment = environment_of(context)
    settled = options.settled(context)
    choice = resolve_model(settled.settings.model, environment.environ, settled.origins.get("model"))
    with reading():
        summary = summarize(choice.directory, choice.name)
    facts = _facts(choice.name, summary)
    if verify:
        facts["problems"] = _verified(environment, summary)
    environment.output.to_stdout(show_json(facts) if json else show_text(choice.name, facts))
    return ModelError.exit_code if facts.get("problems") else 0


def _facts(name: str, summary: Summary) -> dict[str, Any]:
    """What both forms of the output say. Sizes are bytes."""
    manifest = summary.manifest
    return {
        "model": name,
        "family": summary.family.title,
        "model_type": summary.family.model_type,
        "directory": str(summary.directory),
        "source": manifest and {"name": manifest.source, "revision": manifest.revision, "search": manifest.search},
        **_size(summary.whole),
        "tensors": sum(len(header.tensors) for header in summary.headers.values()),
        "context": summary.context,
        "thinking": summary.thinking,
        "parts": [{"name": part.name, **_size(part)} for part in summary.parts],
    }


def _size(part: PartSize) -> dict[str, Any]:
    return {"parameters": part.parameters, "bytes": part.bytes, "bits": round(part.bits, 3)}


def _verified(environment: Environment, summary: Summary) -> list[str]:
    from glmv_cli.cli.failures import reading
    from glmv_cli.errors import ModelError
    from glmv_cli.render.transfer import TransferLine
    from glmv_cli.store.verify import verify

    if summary.manifest is None:
        raise ModelError(
            f"{summary.directory} has no manifest.json, so it cannot be verified",
            "only checkpoints that 'glmv quantize' wrote have one",
        )
    line = TransferLine(environment.output, "verifying")
    try:
        with reading():
            return verify(summary.directory, summary.headers, summary.manifest, line)
    finally:
        line.clear()
