"""What is left for experts on disk is what nothing else takes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from glmv_cli.errors import MemoryShortageError
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.disk import Shelf
from glmv_cli.model.offload.experts import tensors_of
from glmv_cli.model.offload.library import Library, room_for_experts
from glmv_cli.model.offload.residency import Residency
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts, write_layers


@pytest.fixture
def model() -> nn.Module:
    """Two layers of experts, and 400 bytes."""
    return nn.Sequential(
        Experts4bit(EXPERTS, HIDDEN, INNER), Experts4bit(EXPERTS, HIDDEN, INNER), nn.Linear(10, 10, bias=False)
    )


def test_what_stays_in_memory_is_taken_off(model: nn.Sequential) -> None:
    first, second, linear = model
    assert isinstance(first, Experts4bit)
    assert isinstance(second, Experts4bit)
    assert room_for_experts(10**6, model, [first, second]) == 10**6 - 400
    assert room_for_experts(10**6, model, [first]) == 10**6 - 400 - EXPERTS * SIZE
    assert room_for_experts(10**6, model, [first], moved=[*second.parameters(), *linear.parameters()]) == 10**6


def test_one_expert_must_fit(model: nn.Sequential) -> None:
    first, second, _ = model
    assert isinstance(first, Experts4bit)
    assert isinstance(second, Experts4bit)
    assert room_for_experts(400 + SIZE, model, [first, second]) == SIZE
    with pytest.raises(MemoryShortageError, match="no room for a single expert") as caught:
        room_for_experts(400 + SIZE - 2048, model, [first, second])
    assert str(caught.value.hint).startswith("allow 2.0 KiB more, with --cpu-memory")


def test_a_layer_is_bound_to_its_own_experts_in_the_files(tmp_path: Path) -> None:
    layers = [random_experts(0), random_experts(1)]
    files = write_layers(tmp_path / "experts.safetensors", layers)
    library, shelf = Library({**files, "lm_head.weight": tmp_path / "none"}), Shelf(Residency(SIZE))
    for index, packed in enumerate(layers):
        with torch.device("meta"):
            module = Experts4bit(EXPERTS, HIDDEN, INNER)
        library.put_on(shelf, index, module)
        for got, wanted in zip(tensors_of(module.packed), tensors_of(packed), strict=True):
            assert torch.equal(got, wanted)
