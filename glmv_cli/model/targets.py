"""What a checkpoint becomes: every weight of the 4-bit result, and the tensors of the source that it is made from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from glmv_cli.errors import ModelError
from glmv_cli.kernels.nf4 import BLOCK_SIZE
from glmv_cli.layout import Storage, storage_of
from glmv_cli.model import fp8
from glmv_cli.model.keys import Keys, scaled_weight, split_expert
from glmv_cli.model.source import ShardSource
from glmv_cli.placement.shapes import Shape
from glmv_cli.store.safetensors_header import TensorInfo

_AGAIN = "copy or download the checkpoint again"
_WHOSE = "is config.json the one that belongs to these weights?"
_HEAD = "lm_head.weight"
_FLOATS = ("BF16", "F16", "F32", "F64", fp8.DTYPE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A tensor in a file of the source."""

    shard: str
    name: str
    info: TensorInfo


@dataclass(frozen=True, slots=True)
class Scaled:
    """A weight of the source, or a part of one; with its scales if it is in FP8, of which each is for ``block``."""

    weight: Piece
    scale: Piece | None = None
    block: fp8.Block = (1, 1)


@dataclass(frozen=True, slots=True)
class Target:
    """A weight of the result. Its ``pieces`` follow each other, row by row, to make it up."""

    name: str
    shape: tuple[int, ...]
    storage: Storage
    pieces: tuple[Scaled, ...]

    @property
    def columns(self) -> int:
        """Length of a row."""
        return self.shape[-1] if self.shape else 1

    @property
    def source_dtype(self) -> str:
        """What the numbers were, as safetensors writes it; FP8 stands for bfloat16."""
        dtype = self.pieces[0].weight.info.dtype
        return "BF16" if dtype == fp8.DTYPE else dtype


def targets_of(source: ShardSource) -> list[Target]:
    """In the order of the layers, whatever the order of the source.

    Raises :class:`ModelError` for a source that is incomplete, or quantized in a way that cannot be read.
    """
    targets = [_target(source.name, name, pieces) for name, pieces in _fused(_weights(source))]
    _check_whole(source, targets)
    return sorted(targets, key=lambda target: _natural(target.name))


def _weights(source: ShardSource) -> dict[str, Scaled]:
    """Canonical name → weight, with its scales."""
    keys = Keys.of(source.config, source.name)
    block = fp8.block_of_config(source.config, source.name)
    found: dict[str, Piece] = {}
    scales: dict[str, Piece] = {}
    for shard, header in source.headers.items():
        for tensor, info in header.tensors.items():
            scaled = scaled_weight(tensor)
            name = keys.canonical(scaled or tensor)
            if name is None:
                continue
            into = scales if scaled else found
            if name in into:
                raise ModelError(f"{source.name} holds the same tensor twice: '{into[name].name}', '{tensor}'", _AGAIN)
            into[name] = Piece(shard, tensor, info)
    return {name: _with_scale(source.name, piece, scales.get(name), block) for name, piece in found.items()}


def _with_scale(model: str, weight: Piece, scale: Piece | None, block: fp8.Block | None) -> Scaled:
    dtype = weight.info.dtype
    if dtype != fp8.DTYPE:
        if dtype not in _FLOATS and dtype.startswith("F8"):
            raise ModelError(f"{model}: the tensor '{weight.name}' is {dtype}, which cannot be read", fp8.SUPPORTED)
        return Scaled(weight)
    if scale is None:
        raise ModelError(f"{model} lacks the scales of '{weight.name}'", _AGAIN)
    fitting = fp8.block_of_scale(weight.info.shape, scale.info.shape, block)
    if fitting is None or scale.info.dtype not in ("F32", "BF16", "F16"):
        raise ModelError(
            f"{model}: '{scale.name}' {list(scale.info.shape)} are no scales for '{weight.name}' "
            f"{list(weight.info.shape)}",
            fp8.SUPPORTED,
        )
    return Scaled(weight, scale, fitting)


def _fused(weights: dict[str, Scaled]) -> Iterator[tuple[str, list[Scaled]]]:
    """Experts' weights together under the name of the fused one, gate before up; others by themselves."""
    experts: dict[str, dict[tuple[int, int], Scaled]] = {}
    for name, weight in weights.items():
        found = split_expert(name)
        if found is None:
            yield name, [weight]
            continue
        base, expert, proj = found
        fused = f"{base}.{'down_proj' if proj == 'down' else 'gate_up_proj'}"
        experts.setdefault(fused, {})[expert, proj == "up"] = weight
    for fused, parts in experts.items():
        count = 1 + max(expert for expert, _ in parts)
        halves = (False,) if fused.endswith("down_proj") else (False, True)
        if lacking := set(product(range(count), halves)) - set(parts):
            expert, is_up = min(lacking)
            raise ModelError(
                f"{fused}: expert {expert} lacks its {'up' if is_up else 'gate or down'} projection", _AGAIN
            )
        if fused in weights:
            raise ModelError(f"{fused} is there twice: fused, and one tensor an expert", _AGAIN)
        yield fused, [parts[key] for key in sorted(parts)]


def _target(model: str, name: str, pieces: list[Scaled]) -> Target:
    shape = pieces[0].weight.info.shape
    for piece in pieces:
        if piece.weight.info.shape != shape:
            raise ModelError(f"{model}: '{piece.weight.name}' has another shape than the other experts'", _AGAIN)
    storage = storage_of(name)
    is_expert = storage == "nf4" and not name.endswith(".weight")
    if len(pieces) > 1:
        halves = 2 if name.endswith("gate_up_proj") else 1
        shape = (len(pieces) // halves, halves * shape[0], *shape[1:])
    if storage == "nf4":
        dtypes = {piece.weight.info.dtype for piece in pieces}
        if foreign := dtypes - set(_FLOATS):
            raise ModelError(f"{model}: the weight '{name}' is {min(foreign)}, not a float type", fp8.SUPPORTED)
        if len(shape) != (3 if is_expert else 2):
            raise ModelError(f"{model}: the weight '{name}' has the shape {list(shape)}", _AGAIN)
        if shape[-1] % BLOCK_SIZE and is_expert:
            raise ModelError(
                f"{model}: the experts '{name}' are {shape[-1]} wide, which is no multiple of {BLOCK_SIZE}",
                "such a model cannot be stored in 4 bit",
            )
        if shape[-1] % BLOCK_SIZE:
            storage = "half"
    return Target(name, shape, storage, tuple(pieces))


def _check_whole(source: ShardSource, targets: list[Target]) -> None:
    """Finds what the loader would not take, and a download that is not finished, before hours of work."""
    found = {target.name: target.shape for target in targets}
    for tensor in Shape.of(source.config, source.name).tensors:
        shape = found.pop(tensor.name, None)
        if shape is None:
            raise ModelError(f"{source.name} lacks the tensor '{tensor.name}'", _AGAIN)
        if shape != tensor.shape:
            raise ModelError(
                f"{source.name}: '{tensor.name}' is {list(shape)}, where config.json says {list(tensor.shape)}", _WHOSE
            )
    if foreign := found.keys() - {_HEAD}:  # a tied model may have a head all the same
        raise ModelError(f"{source.name} holds a tensor that such a model does not have: '{min(foreign)}'", _WHOSE)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts layer 2 before layer 10."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"[.]", name)]


def rows_of(shape: tuple[int, ...]) -> int:
    """A tensor as a matrix: how many rows of its last dimension's length."""
    return math.prod(shape[:-1])
