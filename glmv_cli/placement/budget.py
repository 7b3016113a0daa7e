"""What may be used of a machine, and what of that is taken before any weight: the planner's frame."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.sizes import KV_BYTES_CPU, KV_BYTES_GPU, ModelSizes
from glmv_cli.units import MIB

PREFILL_TOKENS = 512
"""Tokens of a prefill step."""
STREAM_EXPERTS = 16
"""Experts in each of the two buffers through which prefill streams a layer's experts to a GPU."""
LIBRARIES_CPU, LIBRARIES_GPU = 512 * MIB, 768 * MIB
"""What interpreter and libraries take; on a GPU, CUDA's context, the libraries' buffers, the allocator's gaps."""
VISION_CACHE = 256 * MIB
"""Embeddings of pictures and films that are kept in main memory; GLM-4.5V's largest picture takes 96 MiB."""
_SPARED = 32
"""One part in so many of the free main memory is left free, if nothing is said: other programs go on running."""
_UNPACKING = 10
"""Bytes an element while a packed matrix becomes a float32 one."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks for; None: as much as is sensible. Bytes, and tokens."""

    gpu_memory: int | None = None
    """Of each GPU."""
    cpu_memory: int | None = None
    context: int | None = None


@dataclass(frozen=True, slots=True)
class GpuBudget:
    """A GPU that may be used, and how many bytes of it."""

    place: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Budget:
    """``gpus``: the largest first, since the first one gets vision tower and head; none without memory."""

    gpus: tuple[GpuBudget, ...]
    cpu: int

    @classmethod
    def of(cls, machine: Machine, wishes: Wishes) -> Budget:
        """What is free, main memory with some left over for others; or what is wished, if it is less than is free."""
        gpus = [GpuBudget(f"cuda:{gpu.index}", _least(gpu.free, wishes.gpu_memory)) for gpu in machine.gpus]
        spared = machine.available - machine.available // _SPARED
        cpu = spared if wishes.cpu_memory is None else min(machine.available, wishes.cpu_memory)
        gpus.sort(key=lambda gpu: -gpu.capacity)  # stable: equal ones stay in their order
        return cls(tuple(gpu for gpu in gpus if gpu.capacity), cpu)


def _least(free: int, wished: int | None) -> int:
    return free if wished is None else min(free, wished)


def gpu_workspace(model: ModelSizes, context: int, *, vision: bool) -> int:
    """Bytes on a GPU that computes layers, and the ``vision`` tower; without buffers for experts."""
    need = model.transients
    computing = KV_BYTES_GPU * max(_prefill(model, context), need.picture if vision else 0)
    return LIBRARIES_GPU + computing + _UNPACKING * need.matrix


def cpu_workspace(model: ModelSizes, context: int, *, vision: bool, layers: bool) -> int:
    """Bytes in main memory: always the libraries, and what was seen; what the vision tower or whole ``layers`` take."""
    need = model.transients
    prefill = _prefill(model, context if layers else 0)
    always = LIBRARIES_CPU + (VISION_CACHE if model.vision else 0)
    return always + KV_BYTES_CPU * max(prefill, need.picture if vision else 0) + _UNPACKING * need.matrix


def _prefill(model: ModelSizes, context: int) -> int:
    return PREFILL_TOKENS * (model.transients.token + context // 2) + context * model.transients.context


def stream_buffers(model: ModelSizes) -> int:
    """Bytes of the two buffers on a GPU."""
    return 2 * STREAM_EXPERTS * largest_expert(model)


def largest_expert(model: ModelSizes) -> int:
    """Bytes; all experts of the released models are of one size."""
    return max((layer.expert for layer in model.layers), default=0)


def kv_gpu(model: ModelSizes, context: int) -> int:
    """Bytes of one layer's KV cache."""
    return KV_BYTES_GPU * model.kv_per_token * context


def kv_cpu(model: ModelSizes, context: int) -> int:
    """Bytes of one layer's KV cache."""
    return KV_BYTES_CPU * model.kv_per_token * context
