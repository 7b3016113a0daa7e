"""What is left for experts on disk is what nothing else takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from glmv_cli.errors import MemoryShortageError
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.disk import Shelf
from glmv_cli.model.offload.experts import tensors_of
from glmv_cli.model.offload.library import Library, room_for_experts
from glmv_cli.model.offload.residency import Residency
from glmv_cli.placement.plan import CPU, Plan, TierUse
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts, write_layers


def plan(cpu_memory: int, weights: int) -> Plan:
    return Plan(CPU, None, CPU, (), 4096, (TierUse(CPU, 10**9, weights, 10**8, 0, 0),), cpu_memory, ())


def experts() -> Experts4bit:
    with torch.device("meta"):
        return Experts4bit(EXPERTS, HIDDEN, INNER)


def test_what_stays_in_memory_is_taken_off() -> None:
    assert room_for_experts(plan(10**6, 400), [experts(), experts()]) == 10**6 - 400


def test_one_expert_must_fit() -> None:
    assert room_for_experts(plan(400 + SIZE, 400), [experts()]) == SIZE
    with pytest.raises(MemoryShortageError, match="no room for a single expert") as caught:
        room_for_experts(plan(400 + SIZE - 2048, 400), [experts()])
    assert str(caught.value.hint).startswith("allow 2.0 KiB more, with --cpu-memory")


def test_a_layer_is_bound_to_its_own_experts_in_the_files(tmp_path: Path) -> None:
    layers = [random_experts(0), random_experts(1)]
    checkpoint = write_layers(tmp_path / "experts.safetensors", layers)
    with_head = replace(checkpoint, files={**checkpoint.files, "lm_head.weight": tmp_path / "none"})
    library, shelf = Library(with_head), Shelf(Residency(SIZE))
    for index, packed in enumerate(layers):
        module = experts()
        library.put_on(shelf, index, module)
        for got, wanted in zip(tensors_of(module.packed), tensors_of(packed), strict=True):
            assert torch.equal(got, wanted)
