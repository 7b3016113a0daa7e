"""A plan, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from textwrap import wrap

from glmv_cli.placement.estimate import Estimate
from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.model import PlannedModel
from glmv_cli.placement.plan import LayerPlan, Plan, TierUse
from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.table import aligned
from glmv_cli.units import format_bytes, format_count

_WIDTH = 88
"""Columns of a sentence, beside its title."""


def plan_text(model: PlannedModel, machine: Machine, plan: Plan, speed: Estimate) -> str:
    """What is used of every place, where the parts are, why, and about how fast that can be."""
    heading = [
        *_listed("model", _model(model)),
        *_listed("machine", _machine(machine)),
        *_listed("context", f"{format_count(plan.context)} tokens of prompt and answer"),
    ]
    notes = [
        *_listed("why", *plan.reasons),
        *_listed("advice", *plan.advice),
        *_listed("speed", _speed(speed), _assumed(speed, machine)),
    ]
    return "\n".join((aligned(heading), _tiers(plan.tiers), _parts(plan), aligned(notes)))


def plan_json(model: PlannedModel, machine: Machine, plan: Plan, speed: Estimate) -> str:
    """One object on one line; bytes, seconds, and names of places as in the text."""
    sizes = model.sizes
    record = {
        "model": model.name,
        "family": model.family.model_type,
        "parameters": sizes.parameters,
        "active_parameters": sizes.active_parameters,
        "file_bytes": sizes.file,
        "machine": asdict(machine),
        "plan": asdict(plan),
        "estimate": asdict(speed) | {"tokens_per_s": round(speed.tokens_per_s, 2)},
    }
    return json_text(record, "ascii")


def _model(model: PlannedModel) -> str:
    sizes = model.sizes
    name = visible_line(model.name)
    counts = f"{_billions(sizes.parameters)} parameters"
    if sizes.active_parameters < sizes.parameters // 2:
        counts += f", {_billions(sizes.active_parameters)} a token"
    state = "" if model.on_disk else "; its 4-bit weights are not here yet"
    return f"{name} ({model.family.model_type}): {counts}, {format_bytes(sizes.file)} in 4 bits{state}"


def _billions(count: int) -> str:
    return f"{count / 1e9:.1f} B" if count >= 10**8 else f"{count / 1e6:.1f} M"


def _machine(machine: Machine) -> str:
    gpus = [
        f"{len(list(same))} x {visible_line(name)} {format_bytes(total)}"
        for (name, total), same in groupby(
            machine.gpus, key=lambda gpu: ("GPU" if machine.simulated else gpu.name, gpu.total)
        )
    ]
    memory = f"{format_bytes(machine.memory)} of memory, {format_bytes(machine.available)} of it free"
    return ", ".join([*(gpus or ["no GPU"]), memory]) + (" (simulated)" if machine.simulated else "")


def _tiers(tiers: tuple[TierUse, ...]) -> str:
    rows = [["place", "usable", "used", "weights", "KV cache", "copies", "workspace"]]
    for tier in tiers:
        sizes = (tier.capacity, tier.used, tier.weights, tier.kv_cache, tier.slots, tier.workspace)
        rows.append([tier.place, *(format_bytes(size) if size else "-" for size in sizes)])
    return aligned(rows, right=frozenset(range(1, 7)))


def _parts(plan: Plan) -> str:
    rows = [["part", "runs on", "experts"], ["embeddings", plan.embeddings, ""]]
    if plan.vision is not None:
        rows.append(["vision tower", plan.vision, ""])
    for _, group in groupby(plan.layers, key=lambda layer: (layer.core, layer.experts, layer.slots)):
        rows.append(_range(list(group)))
    rows.append(["head", plan.head, ""])
    return aligned(rows)


def _range(layers: list[LayerPlan]) -> list[str]:
    first, last = layers[0], layers[-1]
    name = f"layer {first.index}" if first is last else f"layers {first.index} to {last.index}"
    experts = "" if first.experts is None else first.experts
    if first.slots:
        experts += f", {first.slots} slot{'s' if first.slots > 1 else ''} each on {first.core}"
    return [name, first.core, experts]


def _speed(speed: Estimate) -> str:
    shares = (("GPU", speed.gpu_bytes), ("main memory", speed.cpu_bytes), ("disk", speed.disk_bytes))
    moved = ", ".join(f"{format_bytes(size)} from {place}" for place, size in shares if size)
    rate = speed.tokens_per_s
    return f"at most about {rate:,.{0 if rate >= 10 else 1}f} tokens/s: a token reads {moved}"


def _assumed(speed: Estimate, machine: Machine) -> str:
    """What the estimate rests on: the driver tells of a GPU what it could do, and of the rest nobody tells anything."""
    gpus = " or ".join(f"{rate:,}" for rate in sorted({gpu.bandwidth // 10**9 for gpu in machine.gpus}))
    shares = (
        (speed.gpu_bytes, gpus, "GPU"),
        (speed.cpu_bytes, f"{machine.cpu_bandwidth // 10**9:,}", "main memory"),
        (speed.disk_bytes, f"{machine.disk_bandwidth // 10**9:,}", "disk"),
    )
    rates = ", ".join(f"{rate} GB/s from {place}" for size, rate, place in shares if size)
    measured = "; 'glmv doctor' measures main memory" if speed.cpu_bytes and not machine.simulated else ""
    return f"assumed, not measured: {rates}{measured}"


def _listed(title: str, *lines: str) -> list[list[str]]:
    """``title`` before the first of the lines; long ones are broken, and go on further in."""
    broken = [part for line in lines for part in wrap(line, _WIDTH, subsequent_indent="  ")]
    return [[title if index == 0 else "", line] for index, line in enumerate(broken)]
