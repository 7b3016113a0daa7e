"""Why a placement came out as it did, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from glmv_cli.placement.budget import Budget
from glmv_cli.placement.draft import Draft
from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.plan import CPU, DISK
from glmv_cli.placement.sizes import ModelSizes
from glmv_cli.units import format_bytes, format_count


def reasons(found: Draft, model: ModelSizes, machine: Machine, budget: Budget, wanted: int) -> Iterator[str]:
    """A line each; ``wanted`` is the context that was tried first."""
    if found.context < wanted:
        yield f"the context is {format_count(found.context)} tokens: there is no memory for {format_count(wanted)}"
    gpu = "the GPUs" if sum(tier.place not in (CPU, DISK) for tier in found.tiers) > 1 else "the GPU"
    yield from _cores(found, model, machine, budget, gpu)
    if any(layer.experts for layer in found.layers):
        yield from _experts(found, model, gpu)


def _cores(found: Draft, model: ModelSizes, machine: Machine, budget: Budget, gpu: str) -> Iterator[str]:
    if not machine.gpus:
        yield "there is no GPU: the CPU computes everything"
    elif not budget.gpus:
        yield "no memory of a GPU may be used: the CPU computes everything"
    elif found.head == CPU:
        parts = "vision tower and head" if model.vision else "the head"
        yield f"{parts}, with room to work, do not fit on a GPU: the CPU computes everything"
    elif found.gpu_layers < len(found.layers):
        yield (
            f"on {gpu} there is room for attention, KV cache and shared experts of {found.gpu_layers} of "
            f"{len(found.layers)} layers: the last ones; the CPU computes the others"
        )
    else:
        yield f"attention, KV cache and shared experts of all {len(found.layers)} layers fit on {gpu}"


def _experts(found: Draft, model: ModelSizes, gpu: str) -> Iterator[str]:
    sparse = [layer for layer in found.layers if layer.experts]
    resident = sum(layer.experts == layer.core != CPU for layer in sparse)
    slots = [layer.slots for layer in sparse if layer.slots]
    if resident == len(sparse):
        yield "so do all routed experts"
        return
    if resident:
        why = ", since main memory is too small for all of them" if found.moved else ""
        yield f"all experts of {resident} of {len(sparse)} layers live on {gpu}{why}"
    if slots:
        each = f"{min(slots)}" if min(slots) == max(slots) else f"{min(slots)} to {max(slots)}"
        experts = max(layer.experts for layer in model.layers)
        yield (
            f"the rest of {gpu} is slots for copies of experts: {each} of {experts} "
            f"in {len(slots)} layer{'s' if len(slots) > 1 else ''}"
        )
    elsewhere = sum(model.layers[layer.index].all_experts for layer in sparse if layer.experts != layer.core)
    elsewhere += sum(model.layers[layer.index].all_experts for layer in sparse if layer.core == CPU == layer.experts)
    if found.on_disk:
        yield (
            f"{format_bytes(found.on_disk)} of experts are read from disk when they are needed; "
            f"main memory has room for {format_bytes(found.disk_cache)} of them at a time"
        )
    else:
        yield f"{format_bytes(elsewhere)} of experts live in main memory and are computed there"
