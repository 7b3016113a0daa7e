from __future__ import annotations

import pytest
import torch
from transformers.models.glm4v.modeling_glm4v import Glm4vRMSNorm

from glmv_cli.model.norm import RMSNorm


@pytest.mark.parametrize("shape", [(1, 1, 128), (2, 5, 3, 128)])
def test_it_is_that_of_transformers(shape: tuple[int, ...]) -> None:
    reference, ours = Glm4vRMSNorm(128, eps=1e-5), RMSNorm(128, 1e-5)
    ours.weight.copy_(torch.randn(128))
    x = torch.randn(shape) * 1e-2
    with torch.no_grad():
        reference.weight.copy_(ours.weight)
        torch.testing.assert_close(ours(x), reference(x))
