"""``glmv plan``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from glmv_cli.cli import options
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv plan demo
  glmv plan ~/models/GLM-4.5V --context 64k
  glmv plan GLM-4.5V/config.json --gpus 24GiB,24GiB --memory 64GiB
  glmv plan GLM-4.5V/config.json --gpus none --memory 128GiB --json
"""


@dataclass(frozen=True, slots=True)
class GpuSizes:
    """Bytes, a GPU each. (Typer would take a bare list for an option that may be given several times.)"""

    sizes: tuple[int, ...]


def _gpu_sizes(text: str) -> GpuSizes:
    """``24GiB,24GiB``, or ``none``."""
    return GpuSizes(() if text.strip().lower() == "none" else tuple(options.SIZE(size) for size in text.split(",")))


def plan(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model, its directory, or a config.json without any weights. Without it, the default model.",
            show_default=False,
        ),
    ] = None,
    gpu_memory: options.GpuMemory = None,
    cpu_memory: options.CpuMemory = None,
    tokens: options.Context = None,
    gpus: Annotated[
        GpuSizes | None,
        typer.Option(
            "--gpus",
            metavar="SIZES",
            parser=_gpu_sizes,
            help="Plan for GPUs of these sizes, as 24GiB,24GiB, or none, instead of this machine's.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            parser=options.SIZE,
            help="Plan for this much main memory instead of this machine's.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as a JSON object.")] = False,
) -> int:
    """Say where a model's parts will go, whether they fit, and about how fast that can be.

    Nothing is loaded: sizes come from the model's config, and from the headers of its weights if they are here.
    """
    from glmv_cli.placement.budget import Wishes
    from glmv_cli.placement.estimate import estimate
    from glmv_cli.placement.hardware import probe, simulated
    from glmv_cli.placement.model import read_model
    from glmv_cli.placement.planner import make_plan
    from glmv_cli.render.plan import plan_json, plan_text

    environment = environment_of(context)
    settled = options.settled(context)
    settings = settled.settings
    planned = read_model(*_find(settings.model, environment.environ, settled.origins.get("model")))
    machine = probe(environment.environ)
    if gpus is not None or memory is not None:
        machine = simulated(None if gpus is None else gpus.sizes, memory, machine)
    made = make_plan(planned.sizes, machine, Wishes(settings.gpu_memory, settings.cpu_memory, settings.context))
    write = plan_json if json else plan_text
    environment.output.to_stdout(write(planned, machine, made, estimate(made, planned.sizes, machine)))
    return 0


def _find(model: str | None, environ: Mapping[str, str], origin: str | None) -> tuple[Path, str]:
    """Where the model is, and what to call it. A JSON file is a config by itself."""
    from glmv_cli.store.models import resolve_model

    file = os.path.expanduser(model or "")
    if file.endswith(".json") and os.path.isfile(file):
        path = Path(file).resolve()
        return path, path.parent.name if path.name == "config.json" else path.stem
    choice = resolve_model(model, environ, origin)
    return choice.directory, choice.name
