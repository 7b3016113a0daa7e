"""Every kernel of the C library that this processor runs, against float64; which one is chosen; staying in bounds."""

from __future__ import annotations

import ctypes
import itertools
import mmap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glmv_cli.errors import UsageError
from glmv_cli.kernels import library, native, nf4
from glmv_cli.kernels.moe import PackedExperts, routed_experts

LOADED = library.load()
KERNELS = native.kernels_of(LOADED) if isinstance(LOADED, ctypes.CDLL) else ()
NAMES = [kernel.name for kernel in KERNELS]
ADDED = {"exact": 1e-6, "int8": 0.015}
"""What a precision adds to the norm of a product, in parts of that norm."""

needs_library = pytest.mark.skipif(not KERNELS, reason=str(LOADED))
each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)


def matrix(rows: int, columns: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    return nf4.quantize(torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)))


def wide(packed: torch.Tensor, absmax: torch.Tensor) -> torch.Tensor:
    """Unpacked, in float64, without the library."""
    indices = torch.stack([packed >> 4, packed & 15], dim=-1).flatten(-2).long()
    values = torch.tensor(nf4.NF4_CODE, dtype=torch.float64)[indices]
    return values * absmax.double().repeat_interleave(nf4.BLOCK_SIZE, dim=-1)


def off_by(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found.double() - expected).norm() / expected.norm())


def parts_added(found: torch.Tensor, x: torch.Tensor, weight: torch.Tensor) -> float:
    """The largest error of a product with a float64 ``weight``, in parts of what is summed: products may cancel."""
    size = x.double().norm(dim=1)[:, None] * weight.norm(dim=1)[None]
    return float(((found - x.double() @ weight.T).abs() / size.clamp_min(1e-300)).max())


@each_kernel
@pytest.mark.parametrize(("rows", "columns"), [(1, 64), (3, 128), (65, 192), (17, 1408), (129, 4096)])
def test_products_equal_float64(kernel: native.Kernel, rows: int, columns: int) -> None:
    packed, absmax = matrix(rows, columns)
    weight, bias = wide(packed, absmax), torch.arange(rows).float()
    for tokens in (*range(1, 10), 16, 17, 33, 48, 64, 65, 100):
        x = torch.randn(tokens, columns, generator=torch.Generator().manual_seed(tokens))
        plain = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
        assert parts_added(plain, x, weight) < 3 * ADDED[kernel.precision]
        biased = native.linear(kernel, nf4.NF4, x, packed, absmax, bias)
        torch.testing.assert_close(biased, plain + bias, rtol=0, atol=1e-5)


@each_kernel
@pytest.mark.parametrize("columns", [10_944, 13_696])
def test_the_widest_layers_are_as_exact(kernel: native.Kernel, columns: int) -> None:
    packed, absmax = matrix(70, columns)
    x = torch.randn(11, columns)
    found = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
    assert off_by(found, x.double() @ wide(packed, absmax).T) < ADDED[kernel.precision]


@each_kernel
@pytest.mark.parametrize("tokens", [513, 600])
def test_more_tokens_than_are_multiplied_at_a_time(kernel: native.Kernel, tokens: int) -> None:
    packed, absmax = matrix(300, 704)
    x = torch.randn(tokens, 704)
    found = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
    assert parts_added(found, x, wide(packed, absmax)) < 3 * ADDED[kernel.precision]
    experts, hidden, ids, weights = layer(tokens)
    ids[:, 0] = 0  # all of them through one expert
    ids[:, 1:] %= EXPERTS - 1
    ids[:, 1:] += 1
    within = 2 * ADDED[kernel.precision]
    rows = torch.tensor([0, 255, 511, 512])
    found = call(kernel, experts, hidden, ids, weights)[rows]
    assert off_by(found, expected_sum(experts, hidden[rows], ids[rows], weights[rows])) < within


@each_kernel
@pytest.mark.parametrize("tokens", [3, 40])
def test_a_block_with_an_outlier_spoils_no_other_block(kernel: native.Kernel, tokens: int) -> None:
    """Real models have such channels. Every block keeps its scale: what is huge here is as if it were not there."""
    generator = torch.Generator().manual_seed(tokens)
    weight, x = torch.randn(40, 2048, generator=generator), torch.randn(tokens, 2048, generator=generator)
    x[:, 100] *= 1000
    weight[:, 64:128] = 0
    packed, absmax = nf4.quantize(weight)
    found = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
    assert off_by(found, x.double() @ wide(packed, absmax).T) < ADDED[kernel.precision]


@each_kernel
def test_eight_bits_add_less_than_a_twentieth_to_the_error_of_the_weights(kernel: native.Kernel) -> None:
    weight = torch.randn(512, 2048, generator=torch.Generator().manual_seed(1))
    packed, absmax = nf4.quantize(weight)
    x = torch.randn(4, 2048, generator=torch.Generator().manual_seed(2))
    full = x.double() @ weight.double().T
    own = off_by(x.double() @ wide(packed, absmax).T, full)
    assert off_by(native.linear(kernel, nf4.NF4, x, packed, absmax, None), full) < 1.05 * own


@each_kernel
def test_blocks_of_zeros_and_huge_blocks_stay_what_they_are(kernel: native.Kernel) -> None:
    weight, x = torch.randn(5, 256), torch.randn(3, 256)
    weight[:, 64:128] = 0
    weight[2, 128:] *= 1e30
    x[1] = 0
    x[2, :64] *= 1e-42  # no normal numbers
    packed, absmax = nf4.quantize(weight)
    found = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
    assert torch.isfinite(found).all()
    assert not found[1].any()
    assert parts_added(found, x, wide(packed, absmax)) < 3 * ADDED[kernel.precision]


@each_kernel
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("tokens", [3, 40])
def test_activations_that_are_not_finite_do_not_pass_for_numbers(
    kernel: native.Kernel, bad: float, tokens: int
) -> None:
    packed, absmax = matrix(4, 192)
    x = torch.randn(tokens, 192)
    x[1, 70] = bad
    found = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
    assert torch.isfinite(found[0]).all()
    assert torch.isfinite(found[2:]).all()
    assert not torch.isfinite(found[1]).any()
    if bad != bad:
        assert found[1].isnan().all()


@each_kernel
@pytest.mark.parametrize("bits", [0x7FC00000, -1, 0x7F800000], ids=["NaN", "all bits", "infinity"])
@pytest.mark.parametrize("tokens", [3, 40])
def test_nor_do_scales(kernel: native.Kernel, bits: int, tokens: int) -> None:
    packed, absmax = matrix(40, 192)
    absmax.view(torch.int32)[3, 1] = bits
    found = native.linear(kernel, nf4.NF4, torch.randn(tokens, 192), packed, absmax, None)
    assert not torch.isfinite(found[:, 3]).any()
    assert torch.isfinite(found[:, :3]).all()
    assert torch.isfinite(found[:, 4:]).all()


@each_kernel
def test_unpacking_is_exact(kernel: native.Kernel) -> None:
    packed, absmax = matrix(37, 320)
    found = native.unpack(kernel, nf4.NF4, packed, absmax)
    assert torch.equal(found, wide(packed, absmax).float())


@needs_library
def test_threads_change_nothing(threads: Callable[[int], None]) -> None:
    packed, absmax = matrix(700, 256)
    for kernel, tokens in itertools.product(KERNELS, (3, 70)):
        experts, hidden, ids, weights = layer(tokens)
        x = torch.randn(tokens, 256)
        threads(1)
        alone = native.linear(kernel, nf4.NF4, x, packed, absmax, None)
        layer_alone = call(kernel, experts, hidden, ids, weights)
        for count in (2, 3, 4):
            threads(count)
            assert torch.equal(native.linear(kernel, nf4.NF4, x, packed, absmax, None), alone)
            assert torch.equal(call(kernel, experts, hidden, ids, weights), layer_alone)


HIDDEN, INNER, EXPERTS = 192, 320, 6


def layer(tokens: int) -> tuple[PackedExperts, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(tokens)
    gate_up = nf4.quantize(torch.randn(EXPERTS, 2 * INNER, HIDDEN, generator=generator) / 10)
    down = nf4.quantize(torch.randn(EXPERTS, HIDDEN, INNER, generator=generator) / 10)
    ids = torch.stack([torch.randperm(EXPERTS, generator=generator)[:3] for _ in range(tokens)])
    hidden, weights = torch.randn(tokens, HIDDEN, generator=generator), torch.rand(tokens, 3, generator=generator)
    return PackedExperts(*gate_up, *down), hidden, ids, weights


def call(
    kernel: native.Kernel, experts: PackedExperts, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    gate_up, down = (experts.gate_up, experts.gate_up_absmax), (experts.down, experts.down_absmax)
    return native.routed_experts(kernel, nf4.NF4, hidden, ids, weights, gate_up, down)


def expected_sum(
    experts: PackedExperts, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """In float64, one choice at a time."""
    out = torch.zeros(hidden.shape, dtype=torch.float64)
    for token, (chosen, shares) in enumerate(zip(ids.tolist(), weights.tolist(), strict=True)):
        for expert, share in zip(chosen, shares, strict=True):
            if expert >= 0:
                both = wide(experts.gate_up[expert], experts.gate_up_absmax[expert]) @ hidden[token].double()
                gate, up = both.chunk(2)
                inner = torch.nn.functional.silu(gate) * up
                out[token] += share * (wide(experts.down[expert], experts.down_absmax[expert]) @ inner)
    return out


@each_kernel
@pytest.mark.parametrize("tokens", [1, 2, 5, 8, 40])
def test_a_layer_equals_float64_with_some_choices_elsewhere(kernel: native.Kernel, tokens: int) -> None:
    experts, hidden, ids, weights = layer(tokens)
    ids[::2, 1] = -1
    found = call(kernel, experts, hidden, ids, weights)
    assert off_by(found, expected_sum(experts, hidden, ids, weights)) < 2 * ADDED[kernel.precision]
    assert not call(kernel, experts, hidden, torch.full_like(ids, -1), weights).any()


@each_kernel
def test_experts_may_lie_apart(kernel: native.Kernel) -> None:
    experts, hidden, ids, weights = layer(3)
    tensors = (experts.gate_up, experts.gate_up_absmax, experts.down, experts.down_absmax)
    apart = []
    for tensor in tensors:
        poisoned = torch.full((EXPERTS, 3, *tensor.shape[1:]), 255 if tensor.dtype == torch.uint8 else float("nan"))
        poisoned = poisoned.to(tensor.dtype)
        poisoned[:, 1] = tensor
        apart.append(poisoned[:, 1])
    strided = PackedExperts(*apart)
    assert torch.equal(call(kernel, strided, hidden, ids, weights), call(kernel, experts, hidden, ids, weights))
    assert torch.equal(nf4.dequantize(strided.down, strided.down_absmax), nf4.dequantize(*tensors[2:]))


@each_kernel
def test_an_expert_that_does_not_exist_is_refused(kernel: native.Kernel) -> None:
    experts, hidden, ids, weights = layer(2)
    ids[1, 2] = EXPERTS
    with pytest.raises(IndexError):
        call(kernel, experts, hidden, ids, weights)


@pytest.mark.parametrize("setting", ["", "torch", *NAMES])
def test_what_layers_call_computes_the_same_with_every_setting(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    kernel = native.chosen().kernel
    within = ADDED["exact" if kernel is None else kernel.precision]
    for tokens in (1, 7, 100):
        experts, hidden, ids, weights = layer(tokens)
        expected = expected_sum(experts, hidden, ids, weights)
        assert off_by(routed_experts(hidden, ids, weights, experts), expected) < 2 * within
        product = nf4.linear(hidden, experts.gate_up[1], experts.gate_up_absmax[1])
        assert off_by(product, hidden.double() @ wide(experts.gate_up[1], experts.gate_up_absmax[1]).T) < within


@needs_library
def test_what_the_library_does_not_take_is_left_to_torch() -> None:
    packed, absmax = matrix(6, 128)
    dense = wide(packed, absmax)
    x = torch.randn(2, 128, dtype=torch.float64)
    assert nf4.linear(x, packed, absmax).dtype == torch.float64
    x = torch.randn(2, 128, requires_grad=True)
    nf4.linear(x, packed, absmax).sum().backward()
    assert x.grad is not None
    apart = torch.stack([packed, packed], dim=-1)[..., 0]  # bytes that do not follow each other
    torch.testing.assert_close(nf4.linear(x.detach(), apart, absmax), (x.double() @ dense.T).float().detach())


def test_the_choice_says_what_and_why() -> None:
    assert native.choose("torch").kernel is None
    usual = native.choose("")
    assert usual.why
    assert (usual.kernel is None) == (not KERNELS)
    for name in NAMES:
        found = native.choose(name).kernel
        assert found is not None
        assert found.name == name
    if usual.kernel is not None:
        assert usual.kernel == next((kernel for kernel in KERNELS if kernel.precision == "int8"), KERNELS[0])


def test_a_kernel_that_there_is_not_is_an_error_with_a_hint() -> None:
    with pytest.raises(UsageError, match="GLMV_KERNEL=fast is not available") as raised:
        native.choose("fast")
    assert raised.value.hint is not None
    assert all(name in raised.value.hint for name in ("torch", *NAMES))


@needs_library
def test_a_kernel_for_other_processors_is_told_from_one_that_nobody_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "kernels_of", lambda loaded: KERNELS[1:])
    native.choose.cache_clear()
    try:
        with pytest.raises(UsageError, match="this processor cannot run it"):
            native.choose(NAMES[0])
        with pytest.raises(UsageError, match="there is no such kernel"):
            native.choose("fast")
    finally:
        native.choose.cache_clear()


def test_without_the_library_torch_computes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(library, "load", lambda: "there is none")
    native.choose.cache_clear()
    try:
        assert native.choose("").kernel is native.choose("exact").kernel is None
        assert native.chosen().why == "there is none"
        packed, absmax = matrix(6, 128)
        x = torch.randn(2, 128)
        assert off_by(nf4.linear(x, packed, absmax), x.double() @ wide(packed, absmax).T) < 1e-6
    finally:
        native.choose.cache_clear()


class Guarded:
    """Copies of tensors, each of which ends where a page begins that may be neither read nor written."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._maps: list[mmap.mmap] = []

    def copy(self, tensor: torch.Tensor) -> torch.Tensor:
        pages = -(-tensor.nbytes // mmap.PAGESIZE)
        memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
        self._maps.append(memory)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        assert self._libc.mprotect(ctypes.c_void_p(start + pages * mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
        copied = torch.frombuffer(
            memory, dtype=tensor.dtype, count=tensor.numel(), offset=pages * mmap.PAGESIZE - tensor.nbytes
        )
        return copied.copy_(tensor.flatten()).view(tensor.shape)


@each_kernel
@pytest.mark.parametrize("tokens", [3, 85])
@pytest.mark.parametrize("columns", [64, 192, 1408])
def test_nothing_behind_a_buffer_is_touched(kernel: native.Kernel, columns: int, tokens: int) -> None:
    """A kernel that does is killed, and the test with it."""
    guarded = Guarded()
    packed, absmax = (guarded.copy(tensor) for tensor in matrix(67, columns))
    x, bias = guarded.copy(torch.randn(tokens, columns)), guarded.copy(torch.ones(67))
    native.linear(kernel, nf4.NF4, x, packed, absmax, bias)
    native.unpack(kernel, nf4.NF4, packed, absmax)
    experts, *inputs = layer(tokens)
    tensors = (experts.gate_up, experts.gate_up_absmax, experts.down, experts.down_absmax)
    behind = PackedExperts(*(guarded.copy(tensor) for tensor in tensors))
    hidden, ids, weights = (guarded.copy(tensor) for tensor in inputs)
    found = call(kernel, behind, hidden, ids, weights)
    assert torch.equal(found, call(kernel, experts, *inputs))


@each_kernel
@pytest.mark.parametrize("tokens", [9, 85])
def test_every_output_is_written(kernel: native.Kernel, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*shape: int) -> torch.Tensor:
        return torch.full(shape, float("nan"))

    packed, absmax = matrix(131, 128)
    experts, hidden, ids, weights = layer(tokens)
    monkeypatch.setattr(torch, "empty", poisoned)
    monkeypatch.setattr(torch, "empty_like", lambda like: poisoned(*like.shape))
    assert torch.isfinite(native.linear(kernel, nf4.NF4, torch.ones(tokens, 128), packed, absmax, None)).all()
    assert torch.isfinite(native.unpack(kernel, nf4.NF4, packed, absmax)).all()
    assert torch.isfinite(call(kernel, experts, hidden, ids, weights)).all()
