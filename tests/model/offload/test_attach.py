"""Wherever the parts of a model are, it says the same; what a plan leaves on the CPU is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from glmv_cli.errors import MemoryShortageError, ModelError
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.offload.attach import Offload, attach_offload, experts_of
from glmv_cli.model.offload.mover import HostMover, Mover
from glmv_cli.placement.plan import CPU, DISK, LayerPlan, Plan
from tests.model.offload.movers import LateMover
from tests.model.offload.resident import is_for_huge_pages
from tests.reference import forward_arguments, random_prompt

STEPS = 24
GPU = "cuda:0"
EXPERT = 41_472
"""Bytes of one of the demo's."""


def plan(
    cores: str | list[str] = CPU,
    experts: str | list[str] = CPU,
    *,
    slots: int = 0,
    stream: int = 0,
    cpu_memory: int = 5 * EXPERT,
    ends: str = CPU,
) -> Plan:
    """For the demo: four layers, the first of them dense. Lists are by layer.

    ``cpu_memory`` is that of the experts on disk.
    """
    cores = [cores] * 4 if isinstance(cores, str) else cores
    homes = [experts] * 4 if isinstance(experts, str) else experts
    layers = tuple(
        LayerPlan(index, core, home if index else None, slots if index and core != CPU else 0)
        for index, (core, home) in enumerate(zip(cores, homes, strict=True))
    )
    return Plan(CPU, ends, ends, layers, 4096, (), cpu_memory, (), (), stream)


def loaded(directory: Path, plan: Plan, device: Callable[[str], Mover]) -> tuple[PreTrainedModel, Offload]:
    checkpoint, family = open_checkpoint(directory)
    model = load_model(checkpoint, family)
    return model, attach_offload(model, plan, checkpoint, device)


def tokens_of(model: PreTrainedModel, length: int, **media: bool) -> list[int]:
    """Of a random prompt and the likeliest tokens after it."""
    inputs = random_prompt(length, **media)
    never = model.config.get_text_config().vocab_size - 1
    generated = model.generate(
        **forward_arguments(inputs),
        attention_mask=torch.ones_like(inputs.ids),
        do_sample=False,
        eos_token_id=never,
        pad_token_id=0,
        max_new_tokens=STEPS,
    )
    return [int(token) for token in generated[0]]


@pytest.fixture(scope="module")
def resident(demo_directory: Path) -> dict[tuple[int, bool], list[int]]:
    model = load_model(*open_checkpoint(demo_directory))
    return {(length, picture): tokens_of(model, length, picture=picture) for length, picture in PROMPTS}


PROMPTS = [(80, True), (40, False)]
"""Length, with a picture: longer and shorter than what is streamed."""


PLACEMENTS = {
    "all on the GPU": plan(GPU, GPU, ends=GPU),
    "experts at home": plan(GPU, CPU, ends=GPU),
    "slots": plan(GPU, CPU, slots=3, ends=GPU),
    "slots for all": plan(GPU, CPU, slots=8, stream=2),
    "slots and buffers": plan(GPU, CPU, slots=2, stream=1),
    "buffers only": plan(GPU, CPU, stream=1),
    "two GPUs": plan([GPU, GPU, "cuda:1", "cuda:1"], [GPU, GPU, "cuda:1", "cuda:1"], ends=GPU),
    "experts on the other GPU": plan(GPU, "cuda:1"),
    "split by layer": plan([GPU, GPU, CPU, CPU], [GPU, CPU, CPU, CPU], slots=3),
    "disk": plan(CPU, DISK),
    "GPU and disk": plan(GPU, [GPU, GPU, DISK, DISK]),
    "GPU, slots, disk": plan([GPU, GPU, GPU, CPU], DISK, slots=2, stream=1),
}


@pytest.mark.parametrize(
    ("name", "late"), [(name, False) for name in PLACEMENTS] + [("slots and buffers", True), ("GPU, slots, disk", True)]
)
def test_every_placement_gives_the_same_tokens(
    demo_directory: Path, resident: dict[tuple[int, bool], list[int]], name: str, late: bool
) -> None:
    """GPUs are stand-ins in main memory. With ``late`` ones, copies happen only when somebody waits for them."""
    model, offload = loaded(demo_directory, PLACEMENTS[name], lambda place: LateMover() if late else HostMover())
    for length, picture in PROMPTS:
        assert tokens_of(model, length, picture=picture) == resident[length, picture]
    usage = offload.usage()
    assert (usage.bytes_read > 0) == ("disk" in name)
    assert (usage.bytes_uploaded > 0) == ("slots" in name or "buffers" in name or name == "split by layer")
    if offload.residency is not None:
        assert usage.disk_hits > 0 < usage.disk_misses
        assert offload.residency.used <= offload.residency.capacity


def test_a_model_that_fits_is_left_as_it_is(demo_directory: Path) -> None:
    def unwanted(place: str) -> Mover:
        raise AssertionError(place)

    model, offload = loaded(demo_directory, plan(), unwanted)
    assert all(experts.runner is None for experts in experts_of(model).values())
    assert not any(hasattr(module, "_hf_hook") for module in model.modules())
    assert offload.usage().bytes_read == 0


def test_what_is_read_is_told_by_answer(demo_directory: Path) -> None:
    model, offload = loaded(demo_directory, plan(CPU, DISK), lambda place: HostMover())
    tokens_of(model, 40)
    before = offload.usage()
    tokens_of(model, 40)
    later = offload.usage().since(before)
    assert 0 < later.bytes_read == offload.usage().bytes_read - before.bytes_read


def test_memory_for_not_a_single_expert_is_too_little(demo_directory: Path) -> None:
    with pytest.raises(MemoryShortageError, match="no room for a single expert") as caught:
        loaded(demo_directory, plan(CPU, DISK, cpu_memory=EXPERT - 1), lambda place: HostMover())
    assert "--cpu-memory" in str(caught.value.hint)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_torch_does_not_know_is_named(demo_directory: Path) -> None:
    checkpoint, family = open_checkpoint(demo_directory)
    with pytest.raises(ModelError, match="cuda:0") as caught:
        attach_offload(load_model(checkpoint, family), plan(GPU, GPU), checkpoint)
    assert "--gpu-memory 0" in str(caught.value.hint)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["all on the GPU", "slots and buffers", "split by layer"])
def test_a_real_gpu_gives_the_same_tokens(
    demo_directory: Path, resident: dict[tuple[int, bool], list[int]], name: str
) -> None:
    from glmv_cli.model.offload.cuda import CudaMover

    model, _ = loaded(demo_directory, PLACEMENTS[name], lambda place: CudaMover(torch.device(place), torch.float32))
    for length, picture in PROMPTS:
        assert tokens_of(model, length, picture=picture) == resident[length, picture]


@pytest.mark.skipif(not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="there are no huge pages")
@pytest.mark.parametrize("experts", [CPU, DISK])
def test_huge_pages_are_for_what_stays_in_memory(demo_directory: Path, tmp_path: Path, experts: str) -> None:
    directory = Path(shutil.copytree(demo_directory, tmp_path / "copy"))
    checkpoint, family = open_checkpoint(directory)
    model = load_model(checkpoint, family, plan(experts=experts))
    assert is_for_huge_pages(directory / "model.safetensors") == (experts == CPU)
    del model
