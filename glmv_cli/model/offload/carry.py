"""Parts of a model on several devices: each is put in its place, and gets its inputs brought there."""

from __future__ import annotations

from typing import Any

import torch
from accelerate.hooks import ModelHook, add_hook_to_module
from torch import nn
from transformers import PreTrainedModel

from glmv_cli.layout import FLOAT32
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.devices import Devices
from glmv_cli.model.offload.mover import Mover
from glmv_cli.placement.plan import CPU, Plan


def place_parts(model: PreTrainedModel, plan: Plan, devices: Devices) -> None:
    """Everything but routed experts goes where the plan says. Where all of it is on the CPU, nothing is touched.

    Embeddings and head are given their inputs by the engine; what stands between them gets a hook.
    """
    body = model.get_decoder()
    first = plan.layers[0].core
    carried: list[tuple[nn.Module, str]] = [
        *zip(body.layers, (layer.core for layer in plan.layers), strict=True),
        (body.norm, plan.head),
    ]
    if plan.vision is not None:
        carried.append((model.model.visual, plan.vision))
    ends = [(model.get_input_embeddings(), plan.embeddings), (model.get_output_embeddings(), plan.head)]
    parts = [*carried, *ends, (body.rotary_emb, first)]
    if all(where == CPU for _, where in parts):
        return
    for module, where in parts:
        if where != CPU:
            place(module, devices.mover(where))
    for module, where in [*carried, (body, first)]:
        mover = devices.mover(where)
        add_hook_to_module(module, Carry(mover.device, mover.dtype))


def place(module: nn.Module, mover: Mover) -> None:
    """Moves a module's weights to a device, but for routed experts inside it.

    Weights in float become the dtype of the device; scales, routers' corrections and buffers keep theirs.
    """
    for part in module.modules():
        if isinstance(part, Experts4bit):
            continue
        for name, weight in list(part.named_parameters(recurse=False)):
            exact = not weight.is_floating_point() or name.endswith(FLOAT32)
            moved = weight.data.to(mover.device, None if exact else mover.dtype)
            setattr(part, name, nn.Parameter(moved, requires_grad=False))
        for name, buffer in list(part.named_buffers(recurse=False)):
            setattr(part, name, buffer.to(mover.device))


class Carry(ModelHook):  # type: ignore[misc]  # accelerate is not typed
    """Brings the inputs of a module to a device, floating-point ones in the dtype that it computes in."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self._device = device
        self._dtype = dtype

    def pre_forward(self, module: nn.Module, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The signature is that of accelerate."""
        return tuple(map(self._carried, args)), {name: self._carried(value) for name, value in kwargs.items()}

    def _carried(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.to(self._device, self._dtype if value.is_floating_point() else None)
        if isinstance(value, tuple):  # cosines and sines
            return tuple(map(self._carried, value))
        return value
