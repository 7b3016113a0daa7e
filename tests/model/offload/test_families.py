"""Small checkpoints of every family say the same wherever their parts are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.offload.attach import attach_offload, experts_of
from glmv_cli.model.offload.mover import HostMover
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.placement.plan import CPU, DISK, LayerPlan, Plan
from tests.checkpoints import write_checkpoint
from tests.reference import random_prompt

STEPS = 64
GPU = "cuda:0"


@torch.inference_mode()
def greedy(model: PreTrainedModel, length: int) -> list[int]:
    """The likeliest tokens after a random text."""
    network, inputs = network_of(model), random_prompt(length)
    cache = network.new_cache(length + STEPS)
    positions = network.positions(inputs)
    hidden = network.forward(network.embed_tokens(inputs.ids), positions.of(0, length), cache)
    tokens: list[int] = []
    for step in range(length, length + STEPS):
        tokens.append(int(network.logits(hidden).argmax()))
        embeds = network.embed_tokens(torch.tensor([tokens[-1:]]))
        hidden = network.forward(embeds, positions.of(step, step + 1), cache)
    return tokens


def plan_of(model: PreTrainedModel, core: str, home: str, slots: int = 0, stream: int = 0, cpu_memory: int = 0) -> Plan:
    """The last layer computes on the CPU; ``cpu_memory`` is that of the experts on disk."""
    count, experts = len(model.get_decoder().layers), experts_of(model)
    cores = [core] * (count - 1) + [CPU]
    layers = tuple(
        LayerPlan(index, place, home if index in experts else None, slots if index in experts and place != CPU else 0)
        for index, place in enumerate(cores)
    )
    vision = core if hasattr(model.config, "vision_config") else None
    return Plan(CPU, vision, core, layers, 4096, (), cpu_memory, (), (), stream)


@pytest.mark.parametrize("family", ["glm4v_moe", "glm4v", "glm46v", "glm4_moe", "glm4_moe-air"])
def test_every_placement_gives_the_tokens_of_the_resident_model(family: str, tmp_path: Path) -> None:
    quantize_checkpoint(write_checkpoint(tmp_path / "hub", family, shards=2), tmp_path / "4bit")
    checkpoint, row = open_checkpoint(tmp_path / "4bit")
    model = load_model(checkpoint, row)
    length = 70
    expected = greedy(model, length)
    assert len(set(expected)) > 8  # it does not just repeat itself
    placements = [plan_of(model, GPU, GPU)]
    if experts := experts_of(model):
        three = 3 * sum(weight[0].nbytes for weight in next(iter(experts.values())).parameters())
        placements += [
            plan_of(model, GPU, CPU, slots=2, stream=1),
            plan_of(model, CPU, DISK, cpu_memory=three),
            plan_of(model, GPU, DISK, slots=2, stream=1, cpu_memory=three),
        ]
    for placement in placements:
        model = load_model(checkpoint, row)
        offload = attach_offload(model, placement, checkpoint, lambda place: HostMover())
        assert greedy(model, length) == expected
        assert (offload.usage().bytes_read > 0) == any(layer.experts == DISK for layer in placement.layers)
