"""A plan put into effect on a loaded model: what goes to which device, and who computes the experts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from torch import nn
from transformers import PreTrainedModel

from glmv_cli.events import Offloaded
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.modules import ExpertRunner, Experts4bit
from glmv_cli.model.offload.carry import place_parts
from glmv_cli.model.offload.devices import Devices, OpenDevice, open_device
from glmv_cli.model.offload.disk import Shelf
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.home import Home, InMemory
from glmv_cli.model.offload.library import Library, room_for_experts
from glmv_cli.model.offload.mover import Mover
from glmv_cli.model.offload.prefill import Stream
from glmv_cli.model.offload.residency import Residency
from glmv_cli.model.offload.runner import HomeRunner, SlotRunner
from glmv_cli.model.offload.slots import Slots
from glmv_cli.model.offload.staging import Staging
from glmv_cli.placement.plan import CPU, DISK, LayerPlan, Plan

_LAYER = re.compile(r"\blayers\.(\d+)\.")


@dataclass(slots=True)
class Offload:
    """What was set up for a model, and what it has done so far."""

    residency: Residency | None = None
    slots: list[Slots] = field(default_factory=list)
    stagings: dict[str, Staging] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether there is anything to tell: experts on disk, or copies of experts on a GPU."""
        return self.residency is not None or bool(self.slots)

    def usage(self) -> Offloaded:
        """Since the model was loaded."""
        disk = self.residency
        return Offloaded(
            disk_hits=disk.hits if disk else 0,
            disk_misses=disk.misses if disk else 0,
            bytes_read=disk.bytes_read if disk else 0,
            gpu_hits=sum(slots.table.hits for slots in self.slots),
            gpu_misses=sum(slots.table.misses for slots in self.slots),
            bytes_uploaded=sum(staging.sent for staging in self.stagings.values()),
        )


def attach_offload(
    model: PreTrainedModel, plan: Plan, checkpoint: Checkpoint, open_device: OpenDevice = open_device
) -> Offload:
    """Obeys ``plan``. ``checkpoint``: what the model was loaded from.

    A model whose plan keeps everything on the CPU is left as it is. Raises :class:`MemoryShortageError` if not one
    expert at :data:`DISK` fits into what the plan leaves for them, and :class:`ModelError` for a GPU that is none.
    """
    devices = Devices(model.get_decoder().norm.weight.dtype, open_device)
    place_parts(model, plan, devices)
    experts = experts_of(model)
    with_experts = [layer for layer in plan.layers if layer.experts is not None]
    for layer in with_experts:
        if layer.experts not in (CPU, DISK):
            _move(experts[layer.index], devices.mover(str(layer.experts)))
    offload = Offload()
    homes: dict[int, Home] = {layer.index: InMemory(experts[layer.index].packed) for layer in with_experts}
    on_disk = {layer.index: experts[layer.index] for layer in with_experts if layer.experts == DISK}
    if on_disk:
        offload.residency = Residency(room_for_experts(plan, on_disk.values()))
        shelf, library = Shelf(offload.residency), Library(checkpoint)
        homes |= {index: library.put_on(shelf, index, bound) for index, bound in on_disk.items()}
    for layer in with_experts:
        if (layer.core, layer.experts) != (CPU, CPU):
            experts[layer.index].runner = _runner(layer, homes[layer.index], plan, devices, offload)
    return offload


def _move(experts: Experts4bit, mover: Mover) -> None:
    experts.bind(PackedExperts(*(tensor.to(mover.device) for tensor in tensors_of(experts.packed))))


def _runner(layer: LayerPlan, home: Home, plan: Plan, devices: Devices, offload: Offload) -> ExpertRunner:
    """Buffers and staging are made for the first layer of a device that needs them: experts are of one size."""
    lives_at = CPU if layer.experts in (CPU, DISK) else str(layer.experts)
    at_home = HomeRunner(home, devices.mover(lives_at).dtype)
    if layer.core in (CPU, lives_at) or not (layer.slots or plan.stream):
        return at_home
    if layer.core not in offload.stagings:
        staging = Staging(devices.mover(layer.core), ExpertShape.of(home.experts))
        offload.stagings[layer.core] = staging
        if plan.stream:
            offload.streams[layer.core] = Stream(2 * plan.stream, staging)
    slots = Slots(layer.slots, offload.stagings[layer.core])
    offload.slots.append(slots)
    return SlotRunner(slots, offload.streams.get(layer.core), at_home)


def experts_of(model: nn.Module) -> dict[int, Experts4bit]:
    """By the index of their layer."""
    return {
        int(match[1]): module
        for name, module in model.named_modules()
        if isinstance(module, Experts4bit) and (match := _LAYER.search(name)) is not None
    }
