"""What memory bandwidth allows: bytes that a token moves over bytes a second, place by place."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.plan import CPU, DISK, Plan
from glmv_cli.placement.sizes import Footprint, ModelSizes


@dataclass(frozen=True, slots=True)
class Estimate:
    """Decoding one token of text early in a conversation, with routing that favours no expert. Bytes and seconds.

    A bound: nothing but reading weights is counted, at full bandwidth, one place after the other.
    """

    gpu_bytes: int
    cpu_bytes: int
    disk_bytes: int
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """At most."""
        return 1 / self.seconds


def estimate(plan: Plan, model: ModelSizes, machine: Machine) -> Estimate:
    """For ``plan``, which was made for this model and machine."""
    bandwidth = {f"cuda:{gpu.index}": gpu.bandwidth for gpu in machine.gpus} | {CPU: machine.cpu_bandwidth}
    moved = dict.fromkeys([*bandwidth, DISK], 0)

    def computed(size: Footprint, place: str) -> None:
        moved[place] += size.cpu if place == CPU else size.gpu

    computed(model.head_read, plan.head)
    absent = _absent(plan, model)
    for layer in plan.layers:
        size = model.layers[layer.index]
        computed(size.core, layer.core)
        if not layer.experts:
            continue
        chosen = model.chosen * size.expert
        if layer.experts == layer.core:
            moved[layer.core] += chosen
            continue
        hits = chosen * layer.slots // size.experts
        moved[layer.core] += hits
        moved[CPU] += chosen - hits
        if layer.experts == DISK:
            moved[DISK] += int((chosen - hits) * absent)
    seconds = moved[DISK] / machine.disk_bandwidth
    seconds += sum(moved[place] / speed for place, speed in bandwidth.items())
    gpu = sum(size for place, size in moved.items() if place not in (CPU, DISK))
    return Estimate(gpu, moved[CPU], moved[DISK], seconds)


def _absent(plan: Plan, model: ModelSizes) -> float:
    """The share of experts at DISK that is not in main memory."""
    on_disk = sum(model.layers[layer.index].all_experts for layer in plan.layers if layer.experts == DISK)
    cache = sum(tier.slots for tier in plan.tiers if tier.place == CPU)
    return 1 - cache / on_disk if on_disk else 0.0
