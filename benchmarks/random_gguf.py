"""A GGUF of the shape that a ``config.json`` of ``glm4_moe`` describes, with random weights, for llama.cpp.

The peer of :mod:`benchmarks.random_checkpoint`: the same tensors, in the types that ``llama-quantize`` gives them.
Needs the package ``gguf``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glmv_cli.placement.shapes import Shape, Tensor, Widths

try:
    import gguf
    from gguf import GGMLQuantizationType as Type
except ImportError as error:
    raise SystemExit("error: writing a GGUF needs the package 'gguf'\n\nhint: pip install gguf") from error

FORMATS = {"Q4_0": Type.Q4_0, "IQ4_NL": Type.IQ4_NL, "Q4_K": Type.Q4_K}
"""What weights are stored as. The head is Q6_K with each of them, as ``llama-quantize`` makes it."""
_HEAD = Type.Q6_K
_FALLBACKS = {Type.Q4_K: Type.Q5_0}
"""For rows that are no multiple of the type's block (256): what ``llama-quantize`` takes then."""

_SCALES: dict[Type, dict[int, float]] = {
    Type.Q4_0: {0: 1.0},
    Type.Q5_0: {0: 1.0},
    Type.IQ4_NL: {0: 1.0},
    Type.Q4_K: {0: 1.0, 2: 7.5},  # the second one scales what is taken off: half of the largest 4-bit number
    Type.Q6_K: {208: 1.0},
}
"""Where in a block its float16 scales lie, and how large they are to each other."""
_TILE_BLOCKS = 40_009
"""Blocks that are drawn of each kind and then repeated, with no regard to where tensors begin."""
_WEIGHT_STD, _EMBEDDING_STD = 0.02, 1.0  # as in the random checkpoint


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    shape: tuple[int, ...]
    type: Type

    @property
    def stored(self) -> tuple[int, ...]:
        """The shape in bytes, or in numbers if it is float32."""
        return self.shape if self.type == Type.F32 else gguf.quant_shape_to_byte_shape(self.shape, self.type)


def write_random_gguf(path: Path, config: dict[str, Any], kind: str, seed: int = 0) -> None:
    """Writes ``path``; ``kind`` is a key of :data:`FORMATS`."""
    shape = Shape.of(config, "random")
    assert config["model_type"] == "glm4_moe", "other families have other names in llama.cpp"
    entries = list(_entries(shape, FORMATS[kind]))
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "glm4moe")
    _describe(writer, shape.widths, config)
    for entry in entries:
        dtype: npt.DTypeLike = np.float32 if entry.type == Type.F32 else np.uint8
        size = int(np.prod(entry.stored)) * np.dtype(dtype).itemsize
        writer.add_tensor_info(entry.name, entry.stored, np.dtype(dtype), size, raw_dtype=entry.type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    source = _Source(np.random.default_rng(seed))
    for entry in entries:
        writer.write_tensor_data(source.content(entry))
    writer.close()
    partial.rename(path)


def bytes_a_token(path: Path) -> int:
    """What decoding a token reads: all but the embeddings, and of the routed experts those that are chosen."""
    reader = gguf.GGUFReader(path)
    chosen, experts = (int(reader.fields[f"glm4moe.{key}"].contents()) for key in ("expert_used_count", "expert_count"))
    total = 0
    for tensor in reader.tensors:
        size = 0 if tensor.name.startswith("token_embd") else int(tensor.n_bytes)
        total += size * chosen // experts if "_exps" in tensor.name else size
    return total


def _describe(writer: gguf.GGUFWriter, widths: Widths, config: dict[str, Any]) -> None:
    writer.add_context_length(widths.positions)
    writer.add_embedding_length(widths.hidden)
    writer.add_block_count(widths.layers)
    writer.add_feed_forward_length(widths.intermediate)
    writer.add_head_count(widths.heads)
    writer.add_head_count_kv(widths.kv_heads)
    writer.add_key_length(widths.head_dim)
    writer.add_value_length(widths.head_dim)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(int(widths.head_dim * config["partial_rotary_factor"]))
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_expert_count(widths.experts)
    writer.add_expert_used_count(widths.chosen)
    writer.add_expert_shared_count(widths.shared_experts)
    writer.add_expert_feed_forward_length(widths.expert_intermediate)
    writer.add_leading_dense_block_count(widths.dense_layers)
    writer.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    writer.add_expert_weights_norm(config["norm_topk_prob"])
    writer.add_expert_weights_scale(config["routed_scaling_factor"])
    writer.add_vocab_size(widths.vocabulary)
    writer.add_tokenizer_model("no_vocab")


def _entries(shape: Shape, kind: Type) -> Iterator[_Entry]:
    """The tensors of the checkpoint, under the names that llama.cpp has for them; gate and up apart."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GLM4_MOE, shape.widths.layers)
    for tensor in shape.tensors:
        for part in _parts(tensor):
            name = names.get_name(part.name, try_suffixes=(".weight", ".bias"))
            assert name is not None, part.name
            yield _Entry(name, part.shape, _type_of(name, part.shape, kind))


def _parts(tensor: Tensor) -> Iterator[Tensor]:
    if tensor.name.endswith("gate_up_proj"):
        experts, rows, columns = tensor.shape
        for half in ("gate_proj", "up_proj"):
            yield Tensor(tensor.name.replace("gate_up_proj", f"{half}.weight"), (experts, rows // 2, columns))
    elif tensor.name.endswith("experts.down_proj"):
        yield Tensor(f"{tensor.name}.weight", tensor.shape)
    else:
        yield Tensor(tensor.name.replace("e_score_correction_bias", "e_score_correction.bias"), tensor.shape)


def _type_of(name: str, shape: tuple[int, ...], kind: Type) -> Type:
    if len(shape) == 1 or "ffn_gate_inp" in name:
        return Type.F32
    if name == "output.weight":
        return _HEAD
    block, _ = gguf.GGML_QUANT_SIZES[kind]
    return _FALLBACKS[kind] if shape[-1] % block else kind


class _Source:
    """Random content by type, each going on where the last one stopped."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._tiles: dict[tuple[Type, float], npt.NDArray[np.uint8]] = {}
        self._at = 0

    def content(self, entry: _Entry) -> npt.NDArray[Any]:
        if len(entry.shape) == 1:  # norms are one, biases nothing
            return np.full(entry.shape, float(entry.name.endswith("norm.weight")), np.float32)
        if entry.type == Type.F32:
            return (_WEIGHT_STD * self._random.standard_normal(entry.shape)).astype(np.float32)
        deviation = _EMBEDDING_STD if entry.name == "token_embd.weight" else _WEIGHT_STD
        _, size = gguf.GGML_QUANT_SIZES[entry.type]
        blocks = int(np.prod(entry.stored)) // size
        tile = self._tile(entry.type, deviation)
        content = np.resize(np.roll(tile, -self._at, axis=0), (blocks, size))
        self._at = (self._at + blocks) % _TILE_BLOCKS
        return content.reshape(entry.stored)

    def _tile(self, kind: Type, deviation: float) -> npt.NDArray[np.uint8]:
        """Random blocks ``[B, bytes]``, whose scales have random signs: the mean of the weights is to be zero."""
        if (kind, deviation) not in self._tiles:
            _, size = gguf.GGML_QUANT_SIZES[kind]
            blocks = self._random.integers(256, size=(_TILE_BLOCKS, size), dtype=np.uint8)
            _set_scales(blocks, kind, np.float32(1))
            found = gguf.dequantize(blocks, kind).std()
            _set_scales(blocks, kind, deviation / found * self._random.choice([-1.0, 1.0], (_TILE_BLOCKS, 1)))
            self._tiles[kind, deviation] = blocks
        return self._tiles[kind, deviation]


def _set_scales(blocks: npt.NDArray[np.uint8], kind: Type, scale: npt.ArrayLike) -> None:
    for at, factor in _SCALES[kind].items():
        scales = np.broadcast_to(np.asarray(scale) * factor, (len(blocks), 1)).astype(np.float16)
        blocks[:, at : at + 2] = np.ascontiguousarray(scales).view(np.uint8)
