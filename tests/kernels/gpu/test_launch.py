"""Triton's kernels against float64, on a GPU where there is one, and otherwise in Triton's interpreter."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from glmv_cli.kernels import nf4
from glmv_cli.kernels.gpu import launch
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from tests.kernels.gpu.triton_device import DEVICE, EPSILON, ON_GPU, marks, off_by

pytestmark = marks
CODE = nf4.NF4_CODE
EXACT, HALF, BRAIN = EPSILON
Shape = tuple[int, int, int]
SHAPES: tuple[Shape, ...] = ((128, 64, 3), (64, 192, 2), (192, 128, 8))
"""Hidden, inner width, choices of a token."""
FEW: tuple[tuple[int, Shape, torch.dtype], ...] = ((3, SHAPES[0], EXACT), (3, SHAPES[1], BRAIN), (1, SHAPES[2], HALF))
# The interpreter multiplies matrices of bfloat16 as if their bits were integers.
MANY: tuple[tuple[int, Shape, torch.dtype], ...] = (
    (40, SHAPES[0], EXACT),
    (150, SHAPES[1], HALF),
    (40, SHAPES[2], HALF),
)
if ON_GPU:  # which takes no time for all of them
    FEW, MANY = tuple(product((1, 3, 8), SHAPES, EPSILON)), tuple(product((40, 150, 600), SHAPES, EPSILON))


def matrix(*shape: int, seed: int = 0) -> launch.Matrix:
    return nf4.quantize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) / shape[-1] ** 0.5)


def there(matrix: launch.Matrix) -> launch.Matrix:
    return matrix[0].to(DEVICE), matrix[1].to(DEVICE)


def wide(packed: torch.Tensor, absmax: torch.Tensor) -> torch.Tensor:
    """Unpacked in float64, by none of the kernels."""
    indices = torch.stack([packed >> 4, packed & 15], dim=-1).flatten(-2).long()
    return torch.tensor(CODE, dtype=torch.float64)[indices] * absmax.double().repeat_interleave(64, dim=-1)


def noise(*shape: int, dtype: torch.dtype, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.mark.parametrize("dtype", EPSILON)
@pytest.mark.parametrize(("tokens", "rows", "columns"), [(1, 1, 64), (3, 37, 192), (2, 16, 1408), (1, 21, 4096)])
def test_products_equal_float64(tokens: int, rows: int, columns: int, dtype: torch.dtype) -> None:
    weight, x, bias = matrix(rows, columns), noise(tokens, columns, dtype=dtype), noise(rows, dtype=dtype, seed=2)
    plain = launch.linear(CODE, x.to(DEVICE), there(weight), None)
    biased = launch.linear(CODE, x.to(DEVICE)[None], there(weight), bias.to(DEVICE))
    assert (plain.dtype, plain.shape, biased.shape) == (dtype, (tokens, rows), (1, tokens, rows))
    expected = x.double() @ wide(*weight).T
    assert off_by(plain, expected) < EPSILON[dtype]
    assert off_by(biased[0], expected + bias.double()) < EPSILON[dtype]


@pytest.mark.parametrize("shape", [(1, 64), (7, 3, 192), (5, 4096)])
def test_unpacking_is_exact(shape: tuple[int, ...]) -> None:
    weight = matrix(*shape)
    assert torch.equal(launch.unpack(CODE, there(weight), torch.float32).cpu(), nf4.dequantize(*weight))
    half = launch.unpack(CODE, there(weight), torch.float16)
    assert torch.equal(half.cpu(), nf4.dequantize(*weight, torch.float16))
    assert off_by(launch.unpack(CODE, there(weight), torch.bfloat16), wide(*weight)) < EPSILON[torch.bfloat16]


def experts_apart(count: int, hidden: int, inner: int) -> tuple[PackedExperts, PackedExperts]:
    """The same experts twice: on the CPU, and as they lie in the slots of a device."""
    packed = PackedExperts(*matrix(count, 2 * inner, hidden), *matrix(count, hidden, inner, seed=1))
    shape = ExpertShape(hidden, inner)
    slots = shape.views(torch.empty(count, shape.size, dtype=torch.uint8, device=DEVICE))
    for slot, tensor in zip(tensors_of(slots), tensors_of(packed), strict=True):
        slot.copy_(tensor)
    return packed, slots


def sums(hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, experts: PackedExperts) -> torch.Tensor:
    """The weighted sums in float64, choice by choice."""
    out = torch.zeros(hidden.shape, dtype=torch.float64)
    gate_up, down = wide(experts.gate_up, experts.gate_up_absmax), wide(experts.down, experts.down_absmax)
    for token, choice in (ids >= 0).nonzero().tolist():
        gate, up = (gate_up[ids[token, choice]] @ hidden[token].double()).chunk(2)
        out[token] += weights[token, choice].double() * (down[ids[token, choice]] @ (F.silu(gate) * up))
    return out


def computed(hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, slots: PackedExperts) -> torch.Tensor:
    """By Triton; the ids stay in main memory."""
    first, second = (slots.gate_up, slots.gate_up_absmax), (slots.down, slots.down_absmax)
    return launch.routed_experts(CODE, hidden.to(DEVICE), ids, weights.to(DEVICE), first, second)


def step(tokens: int, count: int, top: int, width: int, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """Tokens, ids of which some are below 0, weights."""
    generator = torch.Generator().manual_seed(tokens)
    ids = torch.rand(tokens, count, generator=generator).topk(top).indices
    ids[torch.rand(tokens, top, generator=generator) < 0.2] = -1
    return noise(tokens, width, dtype=dtype), ids, torch.rand(tokens, top, generator=generator).to(dtype)


@pytest.mark.parametrize(("tokens", "shape", "dtype"), FEW)
def test_a_few_tokens_get_the_sums_of_float64(tokens: int, shape: Shape, dtype: torch.dtype) -> None:
    hidden, inner, top = shape
    packed, slots = experts_apart(9, hidden, inner)
    x, ids, weights = step(tokens, 9, top, hidden, dtype)
    assert ids.numel() <= launch.FEW_CHOICES
    got = computed(x, ids, weights, slots)
    assert got.dtype == dtype
    assert off_by(got, sums(x, ids, weights, packed)) < EPSILON[dtype]


@pytest.mark.parametrize(("tokens", "shape", "dtype"), MANY)
def test_many_tokens_get_the_sums_of_float64(tokens: int, shape: Shape, dtype: torch.dtype) -> None:
    hidden, inner, top = shape
    packed, slots = experts_apart(9, hidden, inner)
    x, ids, weights = step(tokens, 9, top, hidden, dtype)
    assert ids.numel() > launch.FEW_CHOICES
    got = computed(x, ids, weights, slots)
    assert got.dtype == dtype
    # Between the two products, and between them and the sum, numbers are rounded to the type.
    assert off_by(got, sums(x, ids, weights, packed)) < 2 * EPSILON[dtype]


@pytest.mark.parametrize(("hidden", "inner"), [(4096, 1408)] if ON_GPU else [(4096, 64), (64, 1408)])
def test_the_widths_of_glm_4_5v_are_as_exact(hidden: int, inner: int) -> None:
    packed, slots = experts_apart(2, hidden, inner)
    x, _, weights = step(1, 2, 2, hidden, BRAIN)
    ids = torch.tensor([[-1, 1]])
    assert off_by(computed(x, ids, weights, slots), sums(x, ids, weights, packed)) < EPSILON[BRAIN]


@pytest.mark.parametrize("tokens", [2, 70])
def test_experts_that_were_not_chosen_are_not_read(tokens: int) -> None:
    _, slots = experts_apart(4, 128, 64)
    x, weights = noise(tokens, 128, dtype=torch.float32), torch.rand(tokens, 2)
    ids = torch.tensor([[1, -1], [3, 1]]).repeat(tokens // 2, 1)
    before = computed(x, ids, weights, slots)
    for absmax in (slots.gate_up_absmax, slots.down_absmax):
        absmax[[0, 2]] = float("nan")  # whoever reads these spoils the sum
    assert torch.equal(computed(x, ids, weights, slots), before)


@pytest.mark.parametrize("tokens", [2, 70])
def test_nothing_chosen_is_zero(tokens: int) -> None:
    _, slots = experts_apart(2, 64, 64)
    ids = torch.full((tokens, 3), -1)
    assert not computed(noise(tokens, 64, dtype=torch.float32), ids, torch.ones(tokens, 3), slots).any()


@pytest.mark.parametrize("tokens", [2, 70])
def test_an_expert_that_does_not_exist_is_refused(tokens: int) -> None:
    _, slots = experts_apart(2, 64, 64)
    with pytest.raises(IndexError):
        computed(noise(tokens, 64, dtype=torch.float32), torch.full((tokens, 3), 2), torch.ones(tokens, 3), slots)


@pytest.mark.parametrize("tokens", [3, 70])
def test_ids_may_be_on_the_device_and_sums_are_the_same_each_time(tokens: int) -> None:
    _, slots = experts_apart(9, 128, 64)
    x, ids, weights = step(tokens, 9, 3, 128, torch.float32)
    first = computed(x, ids, weights, slots)
    assert torch.equal(computed(x, ids.to(DEVICE), weights, slots), first)
    assert torch.equal(computed(x, ids.int(), weights, slots), first)
