"""Inputs follow a module to its device; what is not a tensor stays what it is."""

from __future__ import annotations

import torch
from torch import nn

from glmv_cli.model.modules import Linear4bit
from glmv_cli.model.offload.carry import Carry, place
from glmv_cli.model.offload.mover import HostMover


class Meta(HostMover):
    """A device that every build of torch has; it only computes shapes."""

    def __init__(self) -> None:
        super().__init__(torch.bfloat16)
        self.device = torch.device("meta")


def test_floats_change_device_and_dtype_and_the_rest_only_the_device() -> None:
    hook, cache = Carry(torch.device("meta"), torch.bfloat16), object()
    (hidden, pair), named = hook.pre_forward(
        nn.Identity(), torch.zeros(2), (torch.zeros(1), torch.ones(1)), ids=torch.tensor([1]), cache=cache, mask=None
    )
    assert (hidden.device.type, hidden.dtype) == ("meta", torch.bfloat16)
    assert [(part.device.type, part.dtype) for part in pair] == [("meta", torch.bfloat16)] * 2
    assert (named["ids"].device.type, named["ids"].dtype) == ("meta", torch.int64)
    assert named["cache"] is cache
    assert named["mask"] is None


def test_weights_change_dtype_but_packed_ones_and_scales_do_not() -> None:
    module = nn.Sequential(Linear4bit(64, 8, bias=True), nn.Linear(8, 8))
    module.register_buffer("frequencies", torch.zeros(3))
    place(module, Meta())
    dtypes = {name: (value.device.type, value.dtype) for name, value in module.state_dict().items()}
    assert dtypes == {
        "frequencies": ("meta", torch.float32),
        "0.weight": ("meta", torch.uint8),
        "0.absmax": ("meta", torch.float32),
        "0.bias": ("meta", torch.bfloat16),
        "1.weight": ("meta", torch.bfloat16),
        "1.bias": ("meta", torch.bfloat16),
    }
