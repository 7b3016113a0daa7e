"""Small checkpoints of every family give the same logits when Triton computes all that is 4-bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from glmv_cli.kernels.gpu import choice
from glmv_cli.kernels.gpu.choice import GpuChoice
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.offload.attach import attach_offload, experts_of
from glmv_cli.model.offload.cuda import CudaMover
from glmv_cli.model.offload.mover import HostMover, Mover
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.placement.plan import CPU, LayerPlan, Plan
from tests.checkpoints import write_checkpoint
from tests.kernels.gpu.triton_device import DEVICE, ON_GPU, marks
from tests.reference import random_prompt

pytestmark = [*marks, pytest.mark.slow]
GPU = "cuda:0"
LENGTH, STEPS = 66, 1
"""Enough that experts are streamed, and a step of one token."""


def mover(place: str) -> Mover:
    """A real GPU, or main memory in its place."""
    return CudaMover(DEVICE, torch.float32) if ON_GPU else HostMover()


def on_a_gpu(model: PreTrainedModel, slots: int) -> Plan:
    """Every layer, its experts too; or these in main memory, with copies in ``slots``."""
    count, experts = len(model.get_decoder().layers), experts_of(model)
    home = CPU if slots else GPU
    layers = tuple(
        LayerPlan(index, GPU, home if index in experts else None, slots if index in experts else 0)
        for index in range(count)
    )
    vision = GPU if hasattr(model.config, "vision_config") else None
    return Plan(CPU, vision, GPU, layers, 4096, (), 0, (), (), 1 if slots else 0)


@torch.inference_mode()
def logits(model: PreTrainedModel) -> torch.Tensor:
    """After a random text, and after each of the likeliest tokens that follow: ``[1 + STEPS, V]``."""
    network, inputs = network_of(model), random_prompt(LENGTH)
    cache = network.new_cache(LENGTH + STEPS)
    positions = network.positions(inputs)
    hidden = network.forward(network.embed_tokens(inputs.ids), positions.of(0, LENGTH), cache)
    found = [network.logits(hidden).flatten().cpu()]
    for step in range(LENGTH, LENGTH + STEPS):
        embeds = network.embed_tokens(found[-1].argmax()[None, None])
        hidden = network.forward(embeds, positions.of(step, step + 1), cache)
        found.append(network.logits(hidden).flatten().cpu())
    return torch.stack(found)


# GLM-4.5-Air's attention differs from that of `glm4_moe`, and nothing in 4 bit does.
@pytest.mark.parametrize("family", ["glm4v_moe", "glm4v", "glm46v", "glm4_moe"])
def test_logits_are_those_of_torch(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quantize_checkpoint(write_checkpoint(tmp_path / "hub", family, shards=2), tmp_path / "4bit")
    checkpoint, row = open_checkpoint(tmp_path / "4bit")
    monkeypatch.setenv("GLMV_KERNEL", "torch")  # which the stand-in of a GPU would have without Triton
    model = load_model(checkpoint, row)
    expected = logits(model)
    monkeypatch.setattr(choice, "chosen", lambda device: GpuChoice(not ON_GPU or device.type == "cuda", "this test"))
    model = load_model(checkpoint, row)
    attach_offload(model, on_a_gpu(model, slots=2 if experts_of(model) else 0), checkpoint, mover)
    torch.testing.assert_close(logits(model), expected, rtol=1e-4, atol=1e-4)
