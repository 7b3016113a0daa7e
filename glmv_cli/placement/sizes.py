"""How many bytes the parts of a model take, in the file and in memory, on a CPU and on a GPU."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from glmv_cli.layout import ABSMAX, FLOAT32, QUANT_MAP, QUANT_STATE, residence_of, storage_of
from glmv_cli.placement.shapes import Shape, Tensor, Widths
from glmv_cli.store.safetensors_header import Header

KV_BYTES_CPU, KV_BYTES_GPU = 4, 2
"""Bytes of a number in the KV cache: float32 on a CPU, bfloat16 on a GPU."""

LARGEST_PICTURE = 6144
"""Tokens of the largest picture that the released processors let through: 9,633,792 pixels over two frames."""

_SPAN, _UPPER, _LOWER = 256, 192, 64
"""Columns of a span in 8-bit rows (:mod:`glmv_cli.kernels.rows8`), and the bytes of their upper and lower bits."""

_LAYER = re.compile(r"\.layers\.(\d+)\.")
_EXPERTS = re.compile(r"\.experts\.(gate_up|down)_proj")
_BY_PART = (("visual.", "vision"), ("embed_tokens.", "embeddings"), ("lm_head.", "head"))
_DTYPE_BYTES = {"F32": 4, "BF16": 2, "F16": 2, "U8": 1}


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes in memory, where a part lives on the CPU and where it lives on a GPU."""

    cpu: int = 0
    gpu: int = 0

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(self.cpu + other.cpu, self.gpu + other.gpu)


@dataclass(frozen=True, slots=True)
class LayerSize:
    """A decoder layer: what every token needs, and its routed experts."""

    core: Footprint
    expert: int
    """Bytes of one routed expert, the same anywhere; 0 in a dense layer."""
    experts: int
    """How many there are; 0 in a dense layer."""

    @property
    def all_experts(self) -> int:
        """Bytes of them together."""
        return self.expert * self.experts


@dataclass(frozen=True, slots=True)
class Transients:
    """What computing needs beside weights and caches, in numbers; where they are float32 they have four bytes."""

    token: int
    """For each token of a prefill step."""
    context: int
    """For each token that attention looks back at."""
    picture: int
    """For the vision tower, with the largest picture."""
    matrix: int
    """Elements of the largest packed matrix, which may be unpacked as a whole."""


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """A model in bytes."""

    embeddings: Footprint
    vision: Footprint | None
    head: Footprint
    """With the final norm. A tied head counts: in memory it differs from the embeddings."""
    head_read: Footprint
    """What a token reads of it."""
    layers: tuple[LayerSize, ...]
    chosen: int
    """Experts that a token goes to."""
    transients: Transients
    kv_per_token: int
    """Numbers in the KV cache, a token and layer."""
    positions: int
    """The longest context that the model was made for."""
    parameters: int
    active_parameters: int
    """Those that a token of text needs."""
    file: int
    """Bytes of the tensors in the 4-bit checkpoint."""


@dataclass(frozen=True, slots=True)
class _Stored:
    name: str
    file: int
    packed: bool
    rows: int
    elements: int
    """Numbers as they are stored; of a packed tensor, of no use."""


def sizes_of(shape: Shape, headers: Mapping[str, Header] | None = None) -> ModelSizes:
    """From the config's tensors as the 4-bit layout stores them, or as the ``headers`` of a 4-bit checkpoint say."""
    stored = list(_described(shape.tensors) if headers is None else _found(headers))
    parts: dict[str, Footprint] = {}
    head_read = Footprint()
    cores = [Footprint()] * shape.widths.layers
    experts = [0] * shape.widths.layers
    for tensor in stored:
        layer = _LAYER.search(tensor.name)
        if layer is None or "visual." in tensor.name:
            part = next((part for mark, part in _BY_PART if mark in tensor.name), "head")
            parts[part] = parts.get(part, Footprint()) + _footprint(tensor)
            head_read += _read(tensor) if part == "head" else Footprint()
        elif int(layer[1]) < shape.widths.layers:
            if _EXPERTS.search(tensor.name):
                experts[int(layer[1])] += tensor.file
            else:
                cores[int(layer[1])] += _footprint(tensor)
    if not any(tensor.name.startswith("lm_head.") for tensor in stored):
        tied = _head(shape.widths)
        parts["head"] = parts.get("head", Footprint()) + _beside_embeddings(tied)
        head_read += _read(tied)
    return ModelSizes(
        embeddings=parts.get("embeddings", Footprint()),
        vision=parts.get("vision"),
        head=parts["head"],
        head_read=head_read,
        layers=tuple(_layer(shape.widths, core, total) for core, total in zip(cores, experts, strict=True)),
        chosen=shape.widths.chosen,
        transients=_transients(shape),
        kv_per_token=2 * shape.widths.kv_heads * shape.widths.head_dim,
        positions=shape.widths.positions,
        parameters=sum(tensor.elements for tensor in shape.tensors),
        active_parameters=sum(_active(tensor, shape.widths) for tensor in shape.tensors),
        file=sum(tensor.file for tensor in stored),
    )


def _layer(widths: Widths, core: Footprint, experts: int) -> LayerSize:
    return LayerSize(core, experts // widths.experts, widths.experts) if experts else LayerSize(core, 0, 0)


def _described(tensors: Iterable[Tensor]) -> Iterator[_Stored]:
    """As the quantizer writes them: half a byte a weight and a float32 for each 64, or 16 bit."""
    for tensor in tensors:
        packed = storage_of(tensor.name) == "nf4"
        width = 4 if tensor.name.endswith(FLOAT32) else 2
        file = tensor.elements // 2 + tensor.elements // 64 * 4 if packed else tensor.elements * width
        yield _Stored(tensor.name, file, packed, tensor.shape[0], tensor.elements)


def _found(headers: Mapping[str, Header]) -> Iterator[_Stored]:
    for header in headers.values():
        for name, info in header.tensors.items():
            if name.endswith((QUANT_MAP, QUANT_STATE)):
                continue  # a few bytes that say what we know
            size = info.end - info.start
            packed = info.dtype == "U8" or name.endswith(f".{ABSMAX}")
            rows = info.shape[0] if info.shape else 1
            yield _Stored(name, size, packed, rows, size // _DTYPE_BYTES.get(info.dtype, 2))


def _footprint(tensor: _Stored) -> Footprint:
    """What becomes of a tensor in memory: packed ones stay as they are, others go by the table of residences."""
    if tensor.packed:
        return Footprint(tensor.file, tensor.file)
    gpu = (4 if tensor.name.endswith(FLOAT32) else 2) * tensor.elements
    return Footprint(_in_rows8(tensor, _UPPER + _LOWER) if _is_in_rows8(tensor) else _as_it_is(tensor), gpu)


def _read(tensor: _Stored) -> Footprint:
    """What a token reads of a tensor of the head: of 8-bit rows the upper six bits, but for a few."""
    whole = _footprint(tensor)
    return Footprint(_in_rows8(tensor, _UPPER), whole.gpu) if _is_in_rows8(tensor) else whole


def _as_it_is(tensor: _Stored) -> int:
    return tensor.file if residence_of(tensor.name, tensor.file) == "mapped" else 4 * tensor.elements


def _is_in_rows8(tensor: _Stored) -> bool:
    return not tensor.packed and residence_of(tensor.name, tensor.file) == "rows8"


def _in_rows8(tensor: _Stored, span: int) -> int:
    """Bytes of 8-bit rows, or of a part of their bits, with ``span`` of them for each span of columns."""
    spans = -(-tensor.elements // tensor.rows // _SPAN)
    return tensor.rows * (spans * (span + 1) + 4)


def _head(widths: Widths) -> _Stored:
    elements = widths.vocabulary * widths.hidden
    return _Stored("lm_head.weight", 2 * elements, False, widths.vocabulary, elements)


def _beside_embeddings(head: _Stored) -> Footprint:
    """What a tied head takes beside the embeddings; where both are mapped, they are the same pages."""
    size = _footprint(head)
    return size if size.cpu != head.file else Footprint(0, size.gpu)


def _active(tensor: Tensor, widths: Widths) -> int:
    if "visual." in tensor.name or "embed_tokens." in tensor.name:
        return 0
    return tensor.elements * widths.chosen // widths.experts if _EXPERTS.search(tensor.name) else tensor.elements


def _transients(shape: Shape) -> Transients:
    """From the shapes that the modules of transformers give to what they compute, rounded up."""
    w = shape.widths
    queries = w.heads * w.head_dim
    widest = max(w.intermediate, w.chosen * w.expert_intermediate, w.shared_experts * w.expert_intermediate)
    packed = [t for t in shape.tensors if storage_of(t.name) == "nf4"]
    return Transients(
        token=6 * w.hidden + 4 * queries + 3 * widest,
        # Keys and values, repeated for every head, where a mask forbids the grouped kernels.
        context=2 * queries,
        picture=_picture(shape.vision),
        matrix=max((t.elements // (t.shape[0] if len(t.shape) == 3 else 1) for t in packed), default=0),
    )


def _picture(vision: Mapping[str, int] | None) -> int:
    if vision is None:
        return 0
    patches = LARGEST_PICTURE * vision["spatial_merge_size"] ** 2
    width, out = vision["hidden_size"], vision["out_hidden_size"]
    return patches * (9 * width + 3 * out) + LARGEST_PICTURE * 3 * vision["intermediate_size"]
