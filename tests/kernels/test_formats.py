"""Tables of 16 numbers and sizes of blocks other than those of NF4, by every kernel, against float64."""

from __future__ import annotations

import ctypes

import pytest
import torch

from glmv_cli.kernels import library, native, nf4

LOADED = library.load()
KERNELS = native.kernels_of(LOADED) if isinstance(LOADED, ctypes.CDLL) else ()
FP4 = (0.0, 0.0052083333, 0.6666667, 1.0, 0.33333334, 0.5, 0.16666667, 0.25)
MXFP4 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
TABLES = {
    "nf4": nf4.NF4_CODE,
    "int4": tuple(float(n) for n in range(-8, 8)),
    "fp4": (*FP4, *(-x for x in FP4)),  # as bitsandbytes has it
    "mxfp4": (*MXFP4, *(-x for x in MXFP4)),
    "nothing": (0.0,) * 16,
}
ADDED = {"exact": 3e-6, "int8": 0.045}
"""The largest error of an element, in parts of the norms that are multiplied."""

each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=[kernel.name for kernel in KERNELS])
needs_library = pytest.mark.skipif(not KERNELS, reason=str(LOADED))


def matrix(packing: native.Format, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random packed weights, their scales, and the same in float64."""
    generator = torch.Generator().manual_seed(columns)
    packed = torch.randint(256, (rows, columns // 2), dtype=torch.uint8, generator=generator)
    absmax = torch.rand(rows, columns // packing.block, generator=generator) - 0.25
    indices = torch.stack([packed >> 4, packed & 15], dim=-1).flatten(-2).long()
    values = torch.tensor(packing.code).double()[indices]
    return packed, absmax, values * absmax.double().repeat_interleave(packing.block, dim=-1)


@each_kernel
@pytest.mark.parametrize("block", [32, 64, 128])
@pytest.mark.parametrize("table", TABLES)
def test_any_table_and_block_equals_float64(kernel: native.Kernel, table: str, block: int) -> None:
    packing = native.Format(TABLES[table], block)
    for columns in {64, 128, 192, 384, 1408, 4096}:
        if columns % block:
            continue
        packed, absmax, weight = matrix(packing, 5, columns)
        assert native.fits(packing, packed, absmax)
        assert torch.equal(native.unpack(kernel, packing, packed, absmax), weight.float())
        for tokens in (1, 3, 8, 9, 35, 70):
            x = torch.randn(tokens, columns, generator=torch.Generator().manual_seed(tokens))
            found = native.linear(kernel, packing, x, packed, absmax, None)
            size = x.double().norm(dim=1)[:, None] * weight.norm(dim=1)[None]
            assert ((found - x.double() @ weight.T).abs() <= ADDED[kernel.precision] * size).all()


@each_kernel
def test_tables_of_whole_numbers_lose_nothing_in_8_bits(kernel: native.Kernel) -> None:
    """int4, FP4 and MXFP4 have steps that 8 bits can say; activations of -127 to 127 too: then all is exact."""
    for table in ("int4", "mxfp4"):
        packing = native.Format(TABLES[table], 32)
        packed, absmax, weight = matrix(packing, 4, 256)
        x = torch.randint(-127, 128, (2, 256)).float()
        x[:, ::64] = 127
        found = native.linear(kernel, packing, x, packed, absmax, None)
        size = x.double().norm(dim=1)[:, None] * weight.norm(dim=1)[None]
        assert ((found - x.double() @ weight.T).abs() <= 1e-6 * size).all()


@needs_library
def test_what_is_no_format_is_refused() -> None:
    kernel, x = KERNELS[0], torch.ones(1, 192)
    packed, absmax = torch.zeros(1, 96, dtype=torch.uint8), torch.ones(1, 4)
    for packing in (
        native.Format(nf4.NF4_CODE, 48),
        native.Format((*nf4.NF4_CODE[:-1], float("nan")), 64),
        native.Format((*nf4.NF4_CODE[:-1], float("inf")), 64),
        native.Format(nf4.NF4_CODE[:-1], 64),
    ):
        with pytest.raises(ValueError, match=r"kernel|meanings"):
            native.linear(kernel, packing, x, packed, absmax, None)


@needs_library
def test_columns_that_are_no_multiple_of_64_do_not_fit() -> None:
    packing = native.Format(nf4.NF4_CODE, 32)
    assert not native.fits(packing, torch.zeros(2, 48, dtype=torch.uint8), torch.ones(2, 3))
    assert native.fits(packing, torch.zeros(2, 64, dtype=torch.uint8), torch.ones(2, 4))


@needs_library
def test_reading_memory_has_a_speed() -> None:
    found = native.read_bandwidth(1 << 20, runs=2)
    assert found is not None
    assert found > 0
