"""From a directory to a model that answers: probe the hardware, plan the placement, load."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmv_cli.engine.local import LocalEngine
from glmv_cli.families import Family
from glmv_cli.kernels import native
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.offload.attach import Offload, attach_offload
from glmv_cli.model.offload.devices import usable_machine
from glmv_cli.model.precision import tile_products
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.model import read_model
from glmv_cli.placement.planner import make_plan
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.store.json_files import read_json


@dataclass(frozen=True, slots=True, eq=False)
class OpenModel:
    """A model in its place, and all that is needed to talk to it."""

    name: str
    """What the user calls it."""
    family: Family
    generation: Mapping[str, Any]
    """Its ``generation_config.json``, or what its family does without one."""
    builder: PromptBuilder
    engine: LocalEngine
    offload: Offload
    load_s: float
    notice: str | None
    """What the user should know about where it runs."""


def open_model(directory: Path, name: str, wishes: Wishes) -> OpenModel:
    """Loads the 4-bit checkpoint in ``directory``, to where this machine and the ``wishes`` allow.

    Raises :class:`ModelError` if the checkpoint is incomplete, damaged or of an unsupported family,
    :class:`MemoryShortageError` if it cannot be made to fit, and :class:`UsageError` for a context that the model was
    not made for.
    """
    started = time.perf_counter()
    checkpoint, family = open_checkpoint(directory)
    generation = read_json(directory / "generation_config.json", default=dict(family.generation))
    builder = PromptBuilder(directory)
    machine, notice = usable_machine()
    plan = make_plan(read_model(directory, name).sizes, machine, wishes)
    products = tile_products(os.environ.get(native.VARIABLE, ""))
    model = load_model(checkpoint, family, plan, products=products)
    offload = attach_offload(model, plan, checkpoint)
    stop = generation.get("eos_token_id") or model.config.get_text_config().eos_token_id or ()
    stop_ids = frozenset([stop] if isinstance(stop, int) else stop)
    engine = LocalEngine(network_of(model), builder.tokenizer.backend_tokenizer, stop_ids, plan.context)
    return OpenModel(name, family, generation, builder, engine, offload, time.perf_counter() - started, notice)
