"""Plans never exceed a place, place everything once, and are never worse with more memory."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glmv_cli.errors import MemoryShortageError, UsageError
from glmv_cli.placement.budget import Wishes, cpu_workspace, kv_cpu
from glmv_cli.placement.hardware import Gpu, Machine
from glmv_cli.placement.plan import CPU, DISK, Plan, TierUse
from glmv_cli.placement.planner import make_plan
from glmv_cli.placement.shapes import Shape
from glmv_cli.placement.sizes import Footprint, LayerSize, ModelSizes, Transients, sizes_of
from glmv_cli.units import GIB, KIB, MIB
from tests.placement.machines import CONFIGS, machine


def released(name: str) -> ModelSizes:
    return sizes_of(Shape.of(json.loads((CONFIGS / f"{name}.json").read_text()), name))


GLM_45V = released("glm-4.5v")
GLM_41V = released("glm-4.1v-9b-thinking")


def tier(plan: Plan, place: str) -> TierUse | None:
    return next((tier for tier in plan.tiers if tier.place == place), None)


def expert_homes(plan: Plan) -> set[str | None]:
    return {layer.experts for layer in plan.layers[1:]}


@pytest.mark.parametrize(
    ("gpus", "memory", "homes", "slots"),
    [
        ((141,), 128, {"cuda:0"}, False),
        ((80,), 128, {"cuda:0"}, False),
        ((80,), 16, {"cuda:0"}, False),  # main memory holds little but the embeddings
        ((24,), 64, {CPU}, True),
        ((24, 24), 64, {"cuda:0", CPU}, True),
        ((16,), 32, {DISK}, True),
        ((), 128, {CPU}, False),
        ((), 24, {DISK}, False),
    ],
)
def test_where_the_experts_of_glm_4_5v_go(gpus: tuple[int, ...], memory: int, homes: set[str], slots: bool) -> None:
    plan = make_plan(GLM_45V, machine(gpus, memory), Wishes())
    assert expert_homes(plan) == homes
    assert any(layer.slots for layer in plan.layers) == slots
    assert {layer.core for layer in plan.layers} == {f"cuda:{i}" for i in range(len(gpus))} or {CPU}
    assert plan.vision == plan.head == ("cuda:0" if gpus else CPU)


def test_a_dense_model_has_no_experts_to_place() -> None:
    plan = make_plan(GLM_41V, machine((16,), 32), Wishes())
    assert {(layer.core, layer.experts, layer.slots) for layer in plan.layers} == {("cuda:0", None, 0)}
    assert plan.stream == 0


def test_layers_are_split_into_contiguous_ranges() -> None:
    plan = make_plan(GLM_45V, machine((24, 24, 24), 64), Wishes())
    cores = [layer.core for layer in plan.layers]
    assert cores == sorted(cores)
    assert set(cores) == {"cuda:0", "cuda:1", "cuda:2"}


def test_the_largest_gpu_gets_vision_tower_and_head() -> None:
    plan = make_plan(GLM_45V, machine((12, 24), 64), Wishes())
    assert (plan.vision, plan.head) == ("cuda:1", "cuda:1")


def test_a_gpu_that_is_too_small_is_left_alone() -> None:
    plan = make_plan(GLM_45V, machine((4,), 128), Wishes())
    assert [tier.place for tier in plan.tiers] == [CPU]
    assert "do not fit on a GPU" in plan.reasons[0]


def test_wishes_limit_what_is_used() -> None:
    plan = make_plan(GLM_45V, machine((80,), 128), Wishes(gpu_memory=24 * GIB, cpu_memory=40 * GIB, context=8 * KIB))
    gpu, cpu = tier(plan, "cuda:0"), tier(plan, CPU)
    assert gpu is not None
    assert cpu is not None
    assert (gpu.capacity, cpu.capacity, plan.context) == (24 * GIB, 40 * GIB, 8 * KIB)
    assert expert_homes(plan) >= {DISK}
    assert any("--cpu-memory limits it" in advice for advice in plan.advice)
    assert make_plan(GLM_45V, machine((80,), 128), Wishes(gpu_memory=0)).head == CPU


def test_memory_of_the_gpus_makes_up_for_main_memory() -> None:
    """With slots alone the originals would need 52 GiB; moved as a whole, layers need no original."""
    plan = make_plan(GLM_45V, machine((24, 24), 32), Wishes())
    assert DISK not in expert_homes(plan)
    assert any("main memory is too small for all of them" in reason for reason in plan.reasons)


def test_a_shorter_context_is_taken_where_none_is_asked_for() -> None:
    plan = make_plan(GLM_45V, machine((), 24), Wishes())
    assert plan.context == 16 * KIB
    assert "there is no memory for 32,768" in plan.reasons[0]


def test_what_does_not_fit_comes_with_the_nearest_setting_that_does() -> None:
    small = machine((), 24)
    with pytest.raises(MemoryShortageError, match=r"context of 65,536 tokens .* GiB of main memory") as caught:
        make_plan(GLM_45V, small, Wishes(context=64 * KIB))
    hint = str(caught.value.hint)
    longest = int(hint.removeprefix("--context ").removesuffix("k fits")) * KIB
    assert make_plan(GLM_45V, small, Wishes(context=longest)).context == longest
    with pytest.raises(MemoryShortageError):
        make_plan(GLM_45V, small, Wishes(context=longest + KIB))


def test_advice_about_the_context_is_exact() -> None:
    gpu = machine((12,), 128)
    plan = make_plan(GLM_45V, gpu, Wishes(context=64 * KIB))
    advice = next(line for line in plan.advice if "attention of all layers" in line)
    longest = int(advice.split()[1].removesuffix("k")) * KIB
    assert {layer.core for layer in make_plan(GLM_45V, gpu, Wishes(context=longest)).layers} == {"cuda:0"}
    assert CPU in {layer.core for layer in make_plan(GLM_45V, gpu, Wishes(context=longest + KIB)).layers}


def test_where_nothing_fits_the_least_that_would_is_named() -> None:
    with pytest.raises(MemoryShortageError) as caught:
        make_plan(GLM_45V, machine((), 8), Wishes())
    assert "allow at least" in str(caught.value.hint)


def test_a_context_longer_than_the_model_was_made_for_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 65,536 tokens, not 65,537"):
        make_plan(GLM_45V, machine((80,), 128), Wishes(context=65537))


def test_without_a_wish_a_little_of_main_memory_is_left_free() -> None:
    cpu = make_plan(GLM_45V, machine((), 128), Wishes()).tiers[0]
    assert cpu.capacity == 126 * GIB - 126 * GIB // 32


# Small numbers, so that ends and edges are met; what libraries take is added to every budget.
FOOTPRINTS = st.builds(Footprint, cpu=st.integers(1, 40 * MIB), gpu=st.integers(1, 40 * MIB))


@st.composite
def models(draw: st.DrawFn) -> ModelSizes:
    experts, chosen = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    expert = draw(st.integers(1, 8 * MIB))
    dense = [LayerSize(draw(FOOTPRINTS), 0, 0) for _ in range(draw(st.integers(0, 2)))]
    sparse = [LayerSize(draw(FOOTPRINTS), expert, experts) for _ in range(draw(st.integers(0 if dense else 1, 6)))]
    return ModelSizes(
        embeddings=draw(FOOTPRINTS),
        vision=draw(st.none() | FOOTPRINTS),
        head=draw(FOOTPRINTS),
        head_read=draw(FOOTPRINTS),
        layers=(*dense, *sparse),
        chosen=min(chosen, experts) if sparse else 0,
        transients=Transients(*(draw(st.integers(0, limit)) for limit in (4096, 512, 4 * MIB, MIB))),
        kv_per_token=draw(st.integers(1, 4096)),
        positions=8 * KIB,
        parameters=1,
        active_parameters=1,
        file=1,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[ModelSizes, Machine]:
    """A model, and a machine with about as much memory as it needs, more or less."""
    model = draw(models())
    fixed = cpu_workspace(model, 2 * KIB, vision=True, layers=True) + model.embeddings.cpu + model.head.cpu
    fixed += sum(layer.core.cpu + kv_cpu(model, 2 * KIB) for layer in model.layers)
    fixed += model.vision.cpu if model.vision else 0
    experts = sum(layer.all_experts for layer in model.layers)
    percent = st.integers(0, 130)
    gpus = [768 * MIB + draw(percent) * (fixed - 512 * MIB + experts) // 100 for _ in range(draw(st.integers(0, 3)))]
    least = 2 * model.chosen * max(layer.expert for layer in model.layers)
    memory = fixed + max(least, draw(percent) * experts // 100) - draw(st.sampled_from((0, 0, 0, 8 * MIB)))
    return model, Machine(tuple(Gpu(i, "GPU", size, size, 1) for i, size in enumerate(gpus)), memory, memory, 1)


def planned(model: ModelSizes, machine: Machine) -> Plan | None:
    try:
        return make_plan(model, machine, Wishes(context=2 * KIB, cpu_memory=machine.available))
    except MemoryShortageError:
        return None


def weights_at(plan: Plan, model: ModelSizes, place: str) -> int:
    def size(part: Footprint) -> int:
        return part.cpu if place == CPU else part.gpu

    total = size(model.embeddings) if plan.embeddings == place else 0
    total += size(model.head) if plan.head == place else 0
    total += size(model.vision) if model.vision and plan.vision == place else 0
    for layer in plan.layers:
        total += size(model.layers[layer.index].core) if layer.core == place else 0
        total += model.layers[layer.index].all_experts if layer.experts == place else 0
    return total


@settings(max_examples=300)
@given(cases())
def test_every_place_holds_what_it_is_given_and_no_more(case: tuple[ModelSizes, Machine]) -> None:
    model, machine = case
    plan = planned(model, machine)
    assume(plan is not None)
    assert plan is not None
    for use in plan.tiers:
        assert use.used <= use.capacity
        assert use.weights == weights_at(plan, model, use.place)
        assert min(use.weights, use.kv_cache, use.slots, use.workspace) >= 0
    places = {use.place for use in plan.tiers}
    assert len(places) == len(plan.tiers)
    used = {plan.embeddings, plan.head, *(layer.core for layer in plan.layers)}
    assert used | {layer.experts for layer in plan.layers if layer.experts} <= places


@settings(max_examples=300)
@given(cases())
def test_every_layer_is_planned_once_and_makes_sense(case: tuple[ModelSizes, Machine]) -> None:
    model, machine = case
    plan = planned(model, machine)
    assume(plan is not None)
    assert plan is not None
    assert [layer.index for layer in plan.layers] == list(range(len(model.layers)))
    cores = [layer.core for layer in plan.layers]
    assert sum(a != b for a, b in pairwise(cores)) == len(set(cores)) - 1  # contiguous
    homes = {layer.experts for layer in plan.layers} - {None} - set(cores)
    assert not {CPU, DISK} <= {layer.experts for layer in plan.layers}
    assert homes <= {CPU, DISK}
    for layer in plan.layers:
        assert layer.core != DISK
        assert (layer.experts is None) == (model.layers[layer.index].experts == 0)
        assert 0 <= layer.slots < max(1, model.layers[layer.index].experts)
        if layer.slots:
            assert layer.core != CPU
            assert layer.experts in (CPU, DISK)
    slots = dict.fromkeys(cores, 0)
    for layer in plan.layers:
        slots[layer.core] += layer.slots * model.layers[layer.index].expert
    for use in plan.tiers:
        if use.place not in (CPU, DISK):
            assert use.slots == slots.get(use.place, 0)


def more(machine: Machine, gpu: int, extra: int) -> Machine:
    """With more memory on one GPU, or, behind the last, more main memory."""
    if gpu >= len(machine.gpus):
        return replace(machine, memory=machine.memory + extra, available=machine.available + extra)
    gpus = [replace(g, free=g.free + extra) if g.index == gpu else g for g in machine.gpus]
    return replace(machine, gpus=tuple(gpus))


def on_disk(plan: Plan) -> int:
    """Bytes of experts at DISK that main memory has no room for."""
    disk, cpu = tier(plan, DISK), tier(plan, CPU)
    return 0 if disk is None or cpu is None else disk.weights - cpu.slots


@settings(max_examples=500)
@given(cases(), st.integers(0, 3), st.integers(1, 300 * MIB))
def test_more_memory_is_never_worse(case: tuple[ModelSizes, Machine], gpu: int, extra: int) -> None:
    model, machine = case
    before, after = planned(model, machine), planned(model, more(machine, gpu, extra))
    if before is None:
        return
    assert after is not None, "it did fit with less"
    assert (tier(after, DISK) is None) >= (tier(before, DISK) is None)
    if tier(before, DISK) is not None and gpu >= len(machine.gpus):
        assert on_disk(after) <= on_disk(before)
    if not any(use.slots for use in (*before.tiers, *after.tiers) if use.place != CPU):
        return
    if len(machine.gpus) == 1 and gpu == 0:
        first, second = tier(before, "cuda:0"), tier(after, "cuda:0")
        assert first is None or (second is not None and second.weights + second.slots >= first.weights + first.slots)


@given(cases())
def test_the_same_machine_gives_the_same_plan(case: tuple[ModelSizes, Machine]) -> None:
    model, machine = case
    assert planned(model, machine) == planned(model, machine)
