"""One try at a placement, for one context length: what lies where, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.placement import budget as b
from glmv_cli.placement.budget import Budget
from glmv_cli.placement.plan import CPU, DISK, LayerPlan, TierUse
from glmv_cli.placement.ranges import Item, Range, Rooms, best_ranges, last_layers, spread
from glmv_cli.placement.sizes import ModelSizes


@dataclass(frozen=True, slots=True)
class Draft:
    """``short``: bytes of main memory that lack for it to run at all; 0: it can run."""

    context: int
    vision: str | None
    head: str
    layers: tuple[LayerPlan, ...]
    tiers: tuple[TierUse, ...]
    cpu_memory: int
    stream: int
    on_disk: int
    """Bytes of the experts at DISK."""
    disk_cache: int
    """Bytes of them that may be in main memory at a time."""
    moved: bool
    """Whether experts went to GPUs as a whole layer since main memory is too small for the originals of slots."""
    short: int

    @property
    def gpu_layers(self) -> int:
        """How many layers run on GPUs."""
        return sum(layer.core != CPU for layer in self.layers)


@dataclass(frozen=True, slots=True)
class _Front:
    """What the first GPU holds beside layers, and the room for these on every one."""

    vision: bool
    head: bool
    workspaces: tuple[int, ...]
    rooms: tuple[int, ...]


def draft(model: ModelSizes, budget: Budget, context: int) -> Draft:
    """Fills the GPUs, then main memory, then the disk."""
    front = _front(model, budget, context)
    items = [Item(layer.core.gpu + b.kv_gpu(model, context), layer.all_experts) for layer in model.layers]
    rooms = Rooms.of(front.rooms, items)
    buffers = b.stream_buffers(model)
    expert = b.largest_expert(model)
    ranges = best_ranges(rooms, lambda left, wanted: _whole(left, wanted, buffers, expert)) if front.rooms else None
    if ranges is None:  # GPUs that cannot even hold all cores are given no experts
        return _assembled(model, budget, context, front, rooms, last_layers(rooms), 0, even=None)
    found = _assembled(model, budget, context, front, rooms, ranges, 0, even=True)
    if not found.on_disk:
        return found
    # Slots are copies: their originals need main memory. Where that is short, layers move to a GPU as a whole.
    size = max(layer.all_experts for layer in model.layers)
    ranges = best_ranges(rooms, lambda left, wanted: _whole(left, wanted, buffers, size)) or ranges
    for moved in range(1, len(model.layers) + 1):
        found = _assembled(model, budget, context, front, rooms, ranges, moved, even=True)
        if not found.on_disk:
            return found
    return _assembled(model, budget, context, front, rooms, ranges, len(model.layers), even=False)


def _front(model: ModelSizes, budget: Budget, context: int) -> _Front:
    """Vision tower and head go to the first GPU, or it is too small to be of use. So do GPUs without any room."""
    workspaces, rooms = [], []
    vision = head = False
    for index, gpu in enumerate(budget.gpus):
        workspace = b.gpu_workspace(model, context, vision=index == 0 and model.vision is not None)
        taken = workspace
        if index == 0:
            taken += model.head.gpu + (model.vision.gpu if model.vision else 0)
        if gpu.capacity < taken:
            break  # the others are smaller still
        vision, head = model.vision is not None, True
        workspaces.append(workspace)
        rooms.append(gpu.capacity - taken)
    return _Front(vision, head, tuple(workspaces), tuple(rooms))


def _whole(left: int, wanted: int, buffers: int, unit: int) -> int:
    """Bytes of experts that a GPU can hold, in whole units, if they are not all that are ``wanted``."""
    if left >= wanted:
        return wanted
    return max(0, left - buffers) // unit * unit


def _assembled(
    model: ModelSizes, budget: Budget, context: int, front: _Front, rooms: Rooms, ranges: list[Range], moved: int,
    *, even: bool | None,
) -> Draft:  # fmt: skip
    """``moved``: how many layers' experts shall live on GPUs as a whole, where there is room for them.

    ``even``: each of the others gets its share of slots; or one gets what is over; None: GPUs get no experts.
    """
    layers: dict[int, LayerPlan] = {}
    tiers: list[TierUse] = []
    streams = []
    for index, layers_here in enumerate(ranges):
        gpu, left = budget.gpus[index], rooms.left(index, layers_here)
        place = _GpuFill(model, gpu.place, layers_here, 0 if even is None else left)
        plans = place.plans(moved - sum(plan.experts == plan.core for plan in layers.values()), even=bool(even))
        layers |= {plan.index: plan for plan in plans}
        offloads = any(plan.experts not in (None, gpu.place) for plan in plans)
        streams += [place.streams] if offloads else []
        tiers.append(_gpu_tier(model, context, front, index, gpu, plans, offloads and place.streams))
    for index in range(len(model.layers)):
        layers.setdefault(index, LayerPlan(index, CPU, CPU if model.layers[index].experts else None))
    ordered = [layers[index] for index in range(len(model.layers))]
    stream = b.STREAM_EXPERTS if streams and all(streams) else 0
    first = budget.gpus[0].place if front.head else CPU
    return _with_cpu(model, budget, context, first, front, ordered, [t for t in tiers if t.used], stream, moved > 0)


@dataclass(frozen=True, slots=True)
class _GpuFill:
    """A GPU's layers, and ``left`` bytes for their experts."""

    model: ModelSizes
    place: str
    layers: Range
    left: int

    @property
    def _sparse(self) -> list[int]:
        return [i for i in range(*self.layers) if self.model.layers[i].experts]

    @property
    def streams(self) -> bool:
        """Whether there is room for the buffers."""
        return self.left >= b.stream_buffers(self.model)

    def plans(self, moved: int, *, even: bool) -> list[LayerPlan]:
        """At most ``moved`` layers have all experts here, if not all have; the others get slots.

        ``even``: each its share; else, where memory is short, one layer gets what is over.
        """
        sparse = self._sparse
        sizes = [self.model.layers[i].all_experts for i in sparse]
        if sum(sizes) <= self.left:
            return [self._plan(i, slots=None) for i in range(*self.layers)]
        left = max(0, self.left - b.stream_buffers(self.model))
        whole = min(max(0, moved), left // max(sizes))
        left -= whole * max(sizes)
        sparse = sparse[whole:]
        limit = min(self.model.layers[i].experts for i in sparse)
        least = min(limit, 2 * self.model.chosen) if even else limit
        slots = dict(zip(sparse, spread(left // b.largest_expert(self.model), len(sparse), limit, least), strict=True))
        return [self._plan(i, slots.get(i)) for i in range(*self.layers)]

    def _plan(self, index: int, slots: int | None) -> LayerPlan:
        """``slots`` None: all its experts live here."""
        experts = self.model.layers[index].experts
        if not experts:
            return LayerPlan(index, self.place, None)
        if slots is None or slots == experts:
            return LayerPlan(index, self.place, self.place)
        return LayerPlan(index, self.place, CPU, slots)


def _gpu_tier(
    model: ModelSizes, context: int, front: _Front, index: int, gpu: b.GpuBudget, plans: list[LayerPlan], buffers: bool
) -> TierUse:
    weights = sum(model.layers[p.index].core.gpu for p in plans)
    weights += sum(model.layers[p.index].all_experts for p in plans if p.experts == gpu.place)
    if index == 0:
        weights += model.head.gpu + (model.vision.gpu if model.vision else 0)
    elif not plans:
        return TierUse(gpu.place, gpu.capacity, 0, 0, 0, 0)
    return TierUse(
        gpu.place,
        gpu.capacity,
        weights=weights,
        kv_cache=len(plans) * b.kv_gpu(model, context),
        slots=sum(p.slots * model.layers[p.index].expert for p in plans),
        workspace=front.workspaces[index] + (b.stream_buffers(model) if buffers else 0),
    )


def _with_cpu(
    model: ModelSizes, budget: Budget, context: int, first: str, front: _Front, layers: list[LayerPlan],
    tiers: list[TierUse], stream: int, moved: bool,
) -> Draft:  # fmt: skip
    """Main memory gets what is on no GPU; experts that do not fit stay on disk, all of them."""
    here = [plan for plan in layers if plan.core == CPU]
    fixed = model.embeddings.cpu + sum(model.layers[plan.index].core.cpu for plan in here)
    fixed += 0 if front.head else model.head.cpu + (model.vision.cpu if model.vision else 0)
    kv_cache = len(here) * b.kv_cpu(model, context)
    workspace = b.cpu_workspace(model, context, vision=bool(model.vision) and not front.vision, layers=bool(here))
    experts = sum(model.layers[plan.index].all_experts for plan in layers if plan.experts == CPU)
    cpu_memory = budget.cpu - kv_cache - workspace
    room = cpu_memory - fixed
    on_disk = experts if experts > room else 0
    least = min(experts, 2 * model.chosen * b.largest_expert(model))  # what a token needs, while the next is read
    disk_cache = max(0, min(on_disk, room))
    tiers.append(TierUse(CPU, budget.cpu, fixed + experts - on_disk, kv_cache, disk_cache, workspace))
    if on_disk:
        tiers.append(TierUse(DISK, on_disk, on_disk, 0, 0, 0))
        layers = [LayerPlan(p.index, p.core, DISK, p.slots) if p.experts == CPU else p for p in layers]
    return Draft(
        context=context,
        vision=None if model.vision is None else first,
        head=first,
        layers=tuple(layers),
        tiers=tuple(tiers),
        cpu_memory=max(0, cpu_memory),
        stream=stream,
        on_disk=on_disk,
        disk_cache=disk_cache,
        moved=moved,
        short=max(0, least - room),
    )
