"""Where the kernels of Triton are tested: on a GPU, or in Triton's interpreter on the CPU."""

from __future__ import annotations

import importlib.util

import pytest
import torch

ON_GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda:0" if ON_GPU else "cpu")
EPSILON = {torch.float32: 1e-6, torch.float16: 1e-3, torch.bfloat16: 8e-3}
"""What a result may be off, in parts of its norm: twice the last bit of its type, four times where it is float32."""

needs_triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
"""For a module's ``pytestmark``, with ``gpu`` where there is one: so ``-m gpu`` has them on a GPU."""
marks = [needs_triton, pytest.mark.gpu] if ON_GPU else [needs_triton]


def off_by(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The norm of the difference in parts of what is expected, which is in float64; NaN never passes a bound."""
    return float((found.double().cpu() - expected).norm() / expected.norm())
