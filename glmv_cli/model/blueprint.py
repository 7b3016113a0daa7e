"""The whole result of quantizing, known before the first weight is read: files, headers, and the parts of the work."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from glmv_cli.kernels.nf4 import BLOCK_SIZE
from glmv_cli.layout import ABSMAX, QUANT_MAP, QUANT_STATE, storage_of
from glmv_cli.model.quant_state import described
from glmv_cli.model.source import ShardSource
from glmv_cli.model.targets import Scaled, Target, rows_of, targets_of
from glmv_cli.store.checkpoint_files import SINGLE
from glmv_cli.store.safetensors_header import Header, TensorInfo, build_header

FILE_SIZE = 5_000_000_000
"""Bytes of tensors in a file of the result, at most, unless one tensor alone is larger."""

PART_ELEMENTS = 1 << 22
"""Numbers in a part of the work, at most, unless one row alone is longer: what bounds memory."""

_NAMES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}

Described = tuple[str, tuple[int, ...]]
"""Dtype and shape."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a piece of the source, which become some rows of a target: the unit of work, done or not done."""

    index: int
    target: Target
    piece: Scaled
    first: int
    """Row of the piece with which the part begins, the piece seen as a matrix."""
    rows: int
    at: int
    """Row of the target, seen as a matrix, to which the first one goes."""

    @property
    def columns(self) -> int:
        """Length of a row."""
        return self.target.columns

    @property
    def source_bytes(self) -> int:
        """What is read of the weight."""
        return self.rows * self.columns * self.piece.weight.info.size // max(1, self.piece.weight.info.elements)

    @property
    def shards(self) -> tuple[str, ...]:
        """Files of the source that it needs."""
        scale = self.piece.scale
        return (self.piece.weight.shard,) if scale is None else (self.piece.weight.shard, scale.shard)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor of the result lies."""

    file: str
    info: TensorInfo


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What :func:`draw` returns."""

    targets: tuple[Target, ...]
    tensors_of: dict[str, tuple[str, ...]]
    """Name of a target → the tensors of the result that hold it."""
    files: dict[str, tuple[bytes, Header]]
    """File name → its first bytes and what they say."""
    places: dict[str, Place]
    """By the name of the tensor."""
    constants: dict[str, bytes]
    """Tensors that are known already."""
    parts: tuple[Part, ...]
    """In the order in which the files of the source allow to do them."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file_size(header) for _, header in self.files.values())

    @property
    def parameters(self) -> int:
        """How many weights."""
        return sum(math.prod(target.shape) for target in self.targets)

    @property
    def kept_linears(self) -> list[str]:
        """Modules that would be in 4 bit, were their width a multiple of 64."""
        return [
            target.name.removesuffix(".weight")
            for target in self.targets
            if target.storage != "nf4" and storage_of(target.name) == "nf4"
        ]

    def fingerprint(self) -> str:
        """Differs for results that differ in anything but the values of the weights."""
        digest = hashlib.sha256()
        for name, (first, _) in self.files.items():
            digest.update(name.encode() + first)
        for part in self.parts:
            weight = part.piece.weight
            digest.update(
                f"{part.target.name} {part.at} {weight.shard} {weight.name} {part.first} {part.rows}".encode()
            )
        return digest.hexdigest()


def file_size(header: Header) -> int:
    """Bytes of a file with this header."""
    return max((info.end for info in header.tensors.values()), default=header.size)


def draw(source: ShardSource, limit: int = FILE_SIZE) -> Blueprint:
    """Raises :class:`ModelError` for a source that cannot become a 4-bit checkpoint."""
    targets = targets_of(source)
    stored = [_stored(target) for target in targets]
    files: dict[str, tuple[bytes, Header]] = {}
    places: dict[str, Place] = {}
    groups = _grouped(stored, limit)
    for number, group in enumerate(groups, 1):
        name = SINGLE if len(groups) == 1 else f"model-{number:05}-of-{len(groups):05}.safetensors"
        first, header = build_header(group, {"format": "pt"})
        files[name] = first, header
        places |= {tensor: Place(name, info) for tensor, info in header.tensors.items()}
    constants = {name: content for target in targets for name, content in _constants(target).items()}
    tensors_of = {target.name: tuple(tensors) for target, tensors in zip(targets, stored, strict=True)}
    return Blueprint(tuple(targets), tensors_of, files, places, constants, _parts(source, targets))


def stored_dtype(target: Target) -> str:
    """Of a target that is not in 4 bit. float32 becomes bfloat16 where 16 bit are enough; float64 goes."""
    dtype = target.source_dtype
    if target.storage == "half" and dtype in ("F32", "F64"):
        return "BF16"
    return "F32" if dtype == "F64" else dtype


def _stored(target: Target) -> dict[str, Described]:
    """The tensors of the result that hold a target: a linear layer under the keys of bitsandbytes."""
    name, shape = target.name, target.shape
    if target.storage != "nf4":
        return {name: (stored_dtype(target), shape)}
    if len(shape) == 3:
        rows = shape[:-1]
        return {
            name: ("U8", (*rows, shape[-1] // 2)),
            f"{name}.{ABSMAX}": ("F32", (*rows, shape[-1] // BLOCK_SIZE)),
        }
    elements = math.prod(shape)
    sizes = {key: len(content) for key, content in _constants(target).items()}
    return {
        name: ("U8", (elements // 2, 1)),
        f"{name}.{ABSMAX}": ("F32", (elements // BLOCK_SIZE,)),
        f"{name}.{QUANT_MAP}": ("F32", (sizes[f"{name}.{QUANT_MAP}"] // 4,)),
        f"{name}.{QUANT_STATE}": ("U8", (sizes[f"{name}.{QUANT_STATE}"],)),
    }


def _constants(target: Target) -> dict[str, bytes]:
    if target.storage != "nf4" or len(target.shape) == 3:
        return {}
    companions = described(target.shape, _NAMES[target.source_dtype])
    return {f"{target.name}.{suffix}": content for suffix, content in companions.items()}


def _grouped(stored: list[dict[str, Described]], limit: int) -> list[dict[str, Described]]:
    """The tensors of each file: in the order of the layers; what belongs together stays together."""
    groups: list[dict[str, Described]] = [{}]
    size = 0
    for tensors in stored:
        _, header = build_header(tensors, {})
        more = file_size(header) - header.size
        if groups[-1] and size + more > limit:
            groups.append({})
            size = 0
        groups[-1].update(tensors)
        size += more
    return groups


def _parts(source: ShardSource, targets: list[Target]) -> tuple[Part, ...]:
    order = {shard: number for number, shard in enumerate(source.headers)}
    unordered: list[Part] = []
    for target in targets:
        at = 0
        for piece in target.pieces:
            rows = rows_of(piece.weight.info.shape)
            step = max(1, PART_ELEMENTS // max(1, target.columns))
            for first in range(0, rows if target.columns else 0, step):
                unordered.append(Part(0, target, piece, first, min(step, rows - first), at + first))
            at += rows

    def key(part: Part) -> tuple[int, str, int]:
        return max(order[shard] for shard in part.shards), part.piece.weight.shard, _offset(part)

    ordered = sorted(unordered, key=key)
    return tuple(
        Part(index, part.target, part.piece, part.first, part.rows, part.at) for index, part in enumerate(ordered)
    )


def _offset(part: Part) -> int:
    return part.piece.weight.info.start + part.first * part.columns
