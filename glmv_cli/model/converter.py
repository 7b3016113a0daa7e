"""One part of the work of quantizing: read some rows, convert them, write them where they belong."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from glmv_cli.errors import ModelError
from glmv_cli.kernels import nf4, nf4_search
from glmv_cli.layout import ABSMAX
from glmv_cli.model import fp8
from glmv_cli.model.blueprint import Part, Place, stored_dtype
from glmv_cli.model.targets import Piece, rows_of

_TORCH = {
    "BF16": torch.bfloat16,
    "F16": torch.float16,
    "F32": torch.float32,
    "F64": torch.float64,
    fp8.DTYPE: torch.float8_e4m3fn,
}

Codec = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


def codec(search: bool) -> Codec:
    """What turns ``[rows, K]`` into packed codes and scales."""
    return nf4_search.quantize if search else nf4.quantize


@dataclass(slots=True)
class Converter:
    """Converts one part at a time, and uses the memory of the last for the next one.

    ``sources`` and ``results``: file name → descriptor.
    """

    codec: Codec
    places: Mapping[str, Place]
    sources: Mapping[str, int]
    results: Mapping[str, int]
    buffer: torch.Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.uint8))

    def convert(self, part: Part) -> None:
        """Raises :class:`ModelError` for weights that are not finite, and a file that is cut short; ``OSError``."""
        raw = self._rows(part)
        if part.target.storage == "nf4":
            try:
                packed, absmax = self.codec(self._numbers(part, raw))
            except ValueError as error:
                raise ModelError(f"cannot quantize '{part.piece.weight.name}': {error}") from error
            self._write(part, part.target.name, packed)
            self._write(part, f"{part.target.name}.{ABSMAX}", absmax)
            return
        dtype = stored_dtype(part.target)
        if dtype != part.piece.weight.info.dtype:
            raw = self._numbers(part, raw).to(_TORCH[dtype]).view(torch.uint8)
        self._write(part, part.target.name, raw)

    def _rows(self, part: Part) -> torch.Tensor:
        """The bytes of the part's rows, flat."""
        size = part.source_bytes
        if len(self.buffer) < size:
            self.buffer = torch.empty(size, dtype=torch.uint8)
        info = part.piece.weight.info
        start = info.start + part.first * (info.size // rows_of(info.shape))
        return self._read(part.piece.weight, start, self.buffer[:size])

    def _numbers(self, part: Part, raw: torch.Tensor) -> torch.Tensor:
        """``[rows, K]``: as they are in the file, or float32 if that is FP8."""
        weight = part.piece.weight
        rows = raw.view(_TORCH[weight.info.dtype]).reshape(part.rows, part.columns)
        scale = part.piece.scale
        if scale is None:
            return rows
        scales = self._read(scale, scale.info.start, torch.empty(scale.info.size, dtype=torch.uint8))
        return fp8.dequantize(rows, scales.view(_TORCH[scale.info.dtype]), part.piece.block, part.first)

    def _read(self, piece: Piece, start: int, into: torch.Tensor) -> torch.Tensor:
        view = into.numpy().data
        while view:
            count = os.preadv(self.sources[piece.shard], [view], start)
            if not count:
                raise ModelError(f"{piece.shard} was cut short while it was read", "copy or download it again")
            start, view = start + count, view[count:]
        return into

    def _write(self, part: Part, name: str, rows: torch.Tensor) -> None:
        place = self.places[name]
        of_row = place.info.size // rows_of(part.target.shape)
        view = rows.contiguous().numpy().data.cast("B")
        offset = place.info.start + part.at * of_row
        while view:
            count = os.pwrite(self.results[place.file], view, offset)
            offset, view = offset + count, view[count:]
