"""The header of a safetensors file: which tensor lies where. Read and written without a tensor library.

A file is eight bytes of length (little-endian), a JSON object of that length, and the data of all tensors without
gaps, in the order of their offsets. Source: the format's README in github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmv_cli.errors import ModelError

PREFIX = 8
"""Bytes of the length that a file begins with; :func:`header_size` needs no more."""

DTYPE_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "C64": 8, "F64": 8, "I64": 8, "U64": 8,
}  # fmt: skip
"""Bytes of an element, in the order by which the library sorts the tensors of a file, last first."""

_LINE = 64
"""Bytes of a line of a cache."""
_LARGEST = 100_000_000
"""The library refuses longer headers, and so do we."""
_AGAIN = "copy or download the file again"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor in a file: ``start`` and ``end`` are offsets from the beginning of the file."""

    dtype: str
    """As the file writes it: ``BF16``, ``U8``, ``F8_E4M3`` …"""
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start

    @property
    def elements(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """``tensors`` in the order in which they lie in the file; ``size``: bytes before the first of them."""

    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]
    size: int


def read_header(path: Path) -> Header:
    """The header of a file. Raises :class:`ModelError` if the file is missing, cut short or of another kind."""
    try:
        with path.open("rb") as file:
            size = header_size(file.read(PREFIX), str(path))
            file.seek(0)
            return parse_header(file.read(size), file.seek(0, 2), str(path))
    except FileNotFoundError:
        raise ModelError(f"the checkpoint lacks {path.name}", f"expected it at {path}") from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error


def header_size(first: bytes, name: str) -> int:
    """How many bytes of a file :func:`parse_header` needs, by its first :data:`PREFIX` bytes."""
    length = int.from_bytes(first[:PREFIX], "little")
    if len(first) < PREFIX or not 2 <= length <= _LARGEST:
        raise ModelError(f"{name} is not a safetensors file, or it is damaged", _AGAIN)
    return PREFIX + length


def parse_header(prefix: bytes, file_size: int, name: str) -> Header:
    """The header in the first bytes of a file called ``name``, of which all ``file_size`` bytes must make sense.

    Raises :class:`ModelError` if they do not: cut short, too long, overlapping tensors, unknown types.
    """
    size = header_size(prefix, name)
    if prefix[PREFIX : PREFIX + 1] not in (b"{", b""):
        raise ModelError(f"{name} is not a safetensors file, or it is damaged", _AGAIN)
    if size > min(len(prefix), file_size):
        raise ModelError(f"{name} is cut short: it ends within its header", _AGAIN)
    try:
        content = json.loads(prefix[PREFIX:size])
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"{name} is not a safetensors file, or it is damaged", _AGAIN)
    metadata = content.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise ModelError(f"{name} is damaged: its metadata are no object", _AGAIN)
    found = [(tensor, _tensor_info(f"{name}: the tensor '{tensor}'", entry, size)) for tensor, entry in content.items()]
    found.sort(key=lambda item: (item[1].start, item[1].end))
    end = size
    for tensor, info in found:
        if info.start != end:
            raise ModelError(f"{name} is damaged: the tensor '{tensor}' does not begin where the last one ends", _AGAIN)
        end = info.end
    if end != file_size:
        what = "is cut short" if end > file_size else "has bytes that belong to no tensor"
        raise ModelError(f"{name} {what}: {file_size:,} bytes instead of {end:,}", _AGAIN)
    return Header(dict(found), {str(key): str(value) for key, value in metadata.items()}, size)


def _tensor_info(what: str, entry: Any, data: int) -> TensorInfo:
    try:
        dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise ModelError(f"{what} is not described as it should be", _AGAIN) from None
    if not isinstance(dtype, str) or dtype not in DTYPE_BYTES:
        known = ", ".join(DTYPE_BYTES)
        raise ModelError(f"{what} has the unknown type {dtype!r}", f"known are {known}")
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ModelError(f"{what} has a size that is no number", _AGAIN)
    if end - start != math.prod(shape) * DTYPE_BYTES[dtype]:
        raise ModelError(f"{what} has {end - start:,} bytes, which do not fit its shape and type", _AGAIN)
    return TensorInfo(dtype, shape, data + start, data + end)


def build_header(
    tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, str]
) -> tuple[bytes, Header]:
    """The first bytes of a file that holds ``tensors`` (name → dtype and shape), and where each will lie.

    In the order of ``safetensors.torch.save_file``, by type, widest first, then by name; but tensors of a size that
    would move the next one off the beginning of a cache's line come last: weights that begin with one are read 5 %
    faster.
    """
    widest = list(DTYPE_BYTES)

    def place(name: str) -> tuple[bool, int, str]:
        dtype, shape = tensors[name]
        return math.prod(shape) * DTYPE_BYTES[dtype] % _LINE != 0, -widest.index(dtype), name

    names = sorted(tensors, key=place)
    content: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset, places = 0, {}
    for name in names:
        dtype, shape = tensors[name]
        end = offset + math.prod(shape) * DTYPE_BYTES[dtype]
        content[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, end]}
        places[name] = TensorInfo(dtype, shape, offset, end)
        offset = end
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(PREFIX + len(text)) % _LINE)
    size = PREFIX + len(text)
    moved = {
        name: TensorInfo(info.dtype, info.shape, size + info.start, size + info.end) for name, info in places.items()
    }
    return len(text).to_bytes(PREFIX, "little") + text, Header(moved, dict(metadata), size)
