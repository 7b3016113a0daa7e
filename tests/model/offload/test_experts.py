"""An expert in one piece of memory is the same expert."""

from __future__ import annotations

import torch

from glmv_cli.kernels.moe import routed_experts
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from tests.model.offload.layers import EXPERTS, HIDDEN, INNER, SIZE, random_experts, random_step


def test_the_size_is_that_of_the_four_tensors() -> None:
    packed = random_experts()
    assert ExpertShape.of(packed) == ExpertShape(HIDDEN, INNER)
    assert ExpertShape.of(packed).size == SIZE == sum(tensor[0].nbytes for tensor in tensors_of(packed))


def test_views_are_computed_with_as_the_tensors_are() -> None:
    packed = random_experts()
    memory = torch.full((EXPERTS, SIZE), 0xFF, dtype=torch.uint8)
    views = ExpertShape(HIDDEN, INNER).views(memory)
    for view, tensor in zip(tensors_of(views), tensors_of(packed), strict=True):
        assert (view.shape, view.dtype) == (tensor.shape, tensor.dtype)
        assert view[0].is_contiguous()
        view.copy_(tensor)
    arguments = random_step(9)
    assert torch.equal(routed_experts(*arguments, views), routed_experts(*arguments, packed))
