"""Experts on disk: the right ones are read, and the memory that is allowed is never exceeded."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from glmv_cli.kernels.moe import PackedExperts, routed_experts
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.mapped import Range
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.disk import OnDisk, Shelf
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.library import Library
from glmv_cli.model.offload.residency import Residency
from glmv_cli.model.offload.runner import HomeRunner
from tests.model.offload.layers import EXPERTS, SIZE, random_experts, random_step, write_layers
from tests.model.offload.resident import cached_bytes, mapped_bytes


def opened(checkpoint: Checkpoint, layers: list[PackedExperts], room: int) -> tuple[Residency, list[OnDisk]]:
    residency = Residency(room)
    shelf, library = Shelf(residency), Library(checkpoint)
    homes = []
    for index, packed in enumerate(layers):
        experts, hidden, half = packed.down.shape
        with torch.device("meta"):
            module = Experts4bit(experts, hidden, 2 * half)
        homes.append(library.put_on(shelf, index, module))
        assert module.packed.gate_up.data_ptr() == homes[-1].experts.gate_up.data_ptr()
    return residency, homes


@pytest.mark.parametrize("room", [SIZE, 3 * SIZE, 100 * SIZE])
@pytest.mark.parametrize("tokens", [1, 40])
def test_it_computes_what_experts_in_memory_compute(tmp_path: Path, room: int, tokens: int) -> None:
    layers = [random_experts(0), random_experts(1)]
    residency, homes = opened(write_layers(tmp_path / "experts.safetensors", layers), layers, room)
    for step in range(3):
        for packed, home in zip(layers, homes, strict=True):
            arguments = random_step(tokens, seed=step)
            expected = routed_experts(*arguments, packed)
            torch.testing.assert_close(HomeRunner(home, torch.float32)(*arguments), expected)
    assert residency.used <= room
    assert residency.hits + residency.misses == (2 * sum(len(random_step(tokens, s)[1].unique()) for s in range(3)))


def test_what_is_in_memory_can_be_read_without_a_visit(tmp_path: Path) -> None:
    layers = [random_experts(0)]
    _, (home,) = opened(write_layers(tmp_path / "experts.safetensors", layers), layers, 2 * SIZE)
    assert list(home.visit((1, 4), tokens=1)) == [(1,), (4,)]
    assert [expert for expert in range(EXPERTS) if home.holds(expert)] == [1, 4]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint, list[PackedExperts]]:
    """300 MB: 4 layers of 64 experts of 1.2 MB, with the proportions of GLM-4.5V's."""
    hidden, inner, experts = 1024, 704, 64
    shape = ExpertShape(hidden, inner)
    layers = [shape.views(torch.zeros(experts, shape.size, dtype=torch.uint8)) for _ in range(4)]
    layers = [PackedExperts(*(tensor.contiguous() for tensor in tensors_of(packed))) for packed in layers]
    path = tmp_path_factory.mktemp("wide") / "experts.safetensors"
    return path, write_layers(path, layers), layers


@pytest.mark.parametrize("tokens", [1, 64])
def test_memory_stays_below_the_bound(wide: tuple[Path, Checkpoint, list[PackedExperts]], tokens: int) -> None:
    """The experts' pages in this process and, on a file system with a cache, in the system."""
    path, checkpoint, layers = wide
    size = ExpertShape.of(layers[0]).size
    bound = 40 * size
    residency, homes = opened(checkpoint, layers, bound)
    homes[0].shelf._parts[0][0].file.drop(Range(0, path.stat().st_size))  # start with nothing in the cache
    system = cached_bytes(path) < path.stat().st_size // 10
    shared_pages = 8 * 4096 * 40  # each of an expert's four slices begins and ends within a page
    choose = random.Random(0)
    peak = cached = 0
    for _ in range(5 if tokens == 1 else 2):
        for home in homes:
            wanted = tuple(choose.sample(range(64), 8 if tokens == 1 else 60))
            for group in home.visit(wanted, tokens=tokens):
                for expert in group:
                    for tensor in tensors_of(home.experts):
                        tensor[expert].view(torch.uint8).flatten()[::4096].sum()
                peak = max(peak, mapped_bytes(path))
            cached = max(cached, cached_bytes(path) if system else 0)
    assert residency.used > bound - size
    assert bound // 2 < peak <= bound + shared_pages
    assert cached <= bound + shared_pages
    assert residency.misses * size == residency.bytes_read > 2 * bound
