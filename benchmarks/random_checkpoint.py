"""A 4-bit checkpoint of any shape with random weights, written straight in its final form.

Speed and memory are those of trained weights: activations stay finite, and tokens differ, so that they go to different
experts. What such a model says is noise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from glmv_cli.kernels import nf4
from glmv_cli.layout import ABSMAX
from glmv_cli.model.blueprint import draw
from glmv_cli.placement.shapes import Shape
from glmv_cli.store.checkpoint_files import CONFIG, INDEX
from glmv_cli.store.safetensors_header import Header, TensorInfo, build_header

_TILE = 4_000_037
"""Numbers that are drawn of each kind and then repeated, with no regard to where tensors begin: no two are alike."""


@dataclass(frozen=True, slots=True)
class _Described:
    """A bf16 checkpoint of which there is nothing but the description."""

    config: dict[str, Any]
    headers: Mapping[str, Header]
    name: str = "random"
    revision: str | None = None
    identity: str = "random"
    largest_download: int = 0

    def copy_small_files(self, target: Path) -> None:
        """There are none."""

    def fetch(self, shard: str) -> Path:
        raise FileNotFoundError(shard)

    def release(self, shard: str) -> None:
        """Nothing was fetched."""


def write_random_checkpoint(directory: Path, config: dict[str, Any], seed: int = 0) -> int:
    """Writes into ``directory`` what ``glmv quantize`` would make of such a model; returns the bytes of the weights."""
    shape = Shape.of(config, "random")
    described = {tensor.name: ("BF16", tensor.shape) for tensor in shape.tensors}
    _, header = build_header(described, {})
    blueprint = draw(_Described(config, {"bf16": header}))
    directory.mkdir(parents=True, exist_ok=True)
    source = _Source(np.random.default_rng(seed))
    for file, (first, result) in blueprint.files.items():
        with (directory / file).open("wb") as out:
            out.write(first)
            for name, info in sorted(result.tensors.items(), key=lambda item: item[1].start):
                constant = blueprint.constants.get(name)
                out.writelines([constant] if constant is not None else source.content(name, info))
    weight_map = {name: place.file for name, place in blueprint.places.items()}
    _write(directory / INDEX, {"metadata": {"total_size": blueprint.size}, "weight_map": weight_map})
    quantized = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    _write(directory / CONFIG, config | {"quantization_config": quantized})
    return blueprint.size


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _bfloat16(numbers: npt.NDArray[np.float32]) -> bytes:
    """Cut, not rounded."""
    return (numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes()


class _Source:
    """Random bytes by kind of tensor, each going on where the last one stopped."""

    def __init__(self, random: np.random.Generator) -> None:
        normal = random.standard_normal(_TILE, dtype=np.float32)
        # Not any bytes: the mean of the 16 codes is not zero, and would make all tokens alike.
        weights = torch.from_numpy(0.02 * random.standard_normal((2 * _TILE // 64, 64), dtype=np.float32))
        packed, absmax = nf4.quantize(weights)
        self._tiles = {
            "packed": packed.numpy().tobytes(),
            "absmax": absmax.numpy().tobytes(),
            "normal": _bfloat16(0.02 * normal),
            # As large as what the layers add, or all tokens would become alike, and go to the same experts.
            "embedding": _bfloat16(normal),
        }
        self._at = dict.fromkeys(self._tiles, 0)

    def content(self, name: str, info: TensorInfo) -> Iterator[bytes | memoryview]:
        if info.dtype == "BF16" and len(info.shape) == 1:  # norms are one, biases nothing
            yield (b"\x80\x3f" if name.endswith("norm.weight") else b"\0\0") * info.elements
        elif info.dtype == "U8":
            yield from self._repeated("packed", info.size)
        elif name.endswith(ABSMAX):
            yield from self._repeated("absmax", info.size)
        else:
            yield from self._repeated("embedding" if "embed_tokens" in name else "normal", info.size)

    def _repeated(self, kind: str, size: int) -> Iterator[memoryview]:
        tile = memoryview(self._tiles[kind])
        while size:
            start = self._at[kind]
            part = tile[start : start + size]
            yield part
            size -= len(part)
            self._at[kind] = (start + len(part)) % len(tile)
