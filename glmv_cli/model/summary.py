"""What a checkpoint is, from its small files and headers alone: no tensor library is imported for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from glmv_cli.errors import ModelError
from glmv_cli.families import Family, family_of
from glmv_cli.layout import ABSMAX, QUANT_MAP, QUANT_STATE
from glmv_cli.store.checkpoint_files import CONFIG, read_headers
from glmv_cli.store.json_files import read_json
from glmv_cli.store.manifest import Manifest, read_manifest
from glmv_cli.store.safetensors_header import Header, TensorInfo

PARTS = (
    ("vision", r"visual\."),
    ("embeddings", r"embed_tokens\."),
    ("attention", r"\.self_attn\.(?!.*norm\.)"),
    ("routed experts", r"\.mlp\.experts\."),
    ("shared experts", r"\.mlp\.shared_experts\."),
    ("routers", r"\.mlp\.gate\."),
    ("dense MLP", r"\.mlp\."),
    ("head", r"(^|\.)lm_head\."),
    ("norms", r""),
)
"""The parts of a model, by what is in the names of their tensors; the first that fits."""

_COMPANION = re.compile(rf"(.+)\.({re.escape(ABSMAX)}|{re.escape(QUANT_MAP)}|{re.escape(QUANT_STATE)})")

Thinking = Literal["optional", "always", "no"]


@dataclass(frozen=True, slots=True)
class PartSize:
    """A part of a model."""

    name: str
    parameters: int
    bytes: int

    @property
    def bits(self) -> float:
        """Bits a weight, scales included."""
        return 8 * self.bytes / self.parameters if self.parameters else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """A checkpoint in numbers."""

    directory: Path
    family: Family
    parts: tuple[PartSize, ...]
    """Those that the model has."""
    context: int | None
    """The longest context that the model was made for, in tokens."""
    thinking: Thinking
    manifest: Manifest | None
    headers: Mapping[str, Header]

    @property
    def whole(self) -> PartSize:
        """All parts together."""
        return PartSize("all", sum(p.parameters for p in self.parts), sum(p.bytes for p in self.parts))


def summarize(directory: Path, name: str) -> Summary:
    """Raises :class:`ModelError` if files are missing, cut short, or of an unsupported family."""
    config = read_json(directory / CONFIG)
    family = family_of(config.get("model_type"), name)
    headers = read_headers(directory)
    tensors = {tensor: info for header in headers.values() for tensor, info in header.tensors.items()}
    text = config.get("text_config", config)
    context = text.get("max_position_embeddings") if isinstance(text, dict) else None
    return Summary(
        directory=directory,
        family=family,
        parts=tuple(_parts(tensors)),
        context=context if isinstance(context, int) else None,
        thinking=_thinking(directory),
        manifest=read_manifest(directory),
        headers=headers,
    )


def _parts(tensors: Mapping[str, TensorInfo]) -> Iterator[PartSize]:
    parameters, sizes = dict.fromkeys((name for name, _ in PARTS), 0), dict.fromkeys((name for name, _ in PARTS), 0)
    for tensor, info in tensors.items():
        companion = _COMPANION.fullmatch(tensor)
        part = next(name for name, pattern in PARTS if re.search(pattern, tensor))
        sizes[part] += info.size
        if companion is None:
            packed = info.dtype == "U8" and f"{tensor}.{ABSMAX}" in tensors
            parameters[part] += info.elements * (2 if packed else 1)
    for name, _ in PARTS:
        if sizes[name]:
            yield PartSize(name, parameters[name], sizes[name])


def _thinking(directory: Path) -> Thinking:
    """By the chat template: one that can leave it out asks ``enable_thinking``."""
    template = _template(directory)
    if "enable_thinking" in template:
        return "optional"
    try:
        tokenizer = (directory / "tokenizer.json").read_bytes()
    except OSError:
        tokenizer = b""
    return "always" if "<think>" in template or b'"<think>"' in tokenizer else "no"


def _template(directory: Path) -> str:
    try:
        return (directory / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    for name in ("chat_template.json", "tokenizer_config.json"):
        try:
            found: Any = read_json(directory / name, default={}).get("chat_template")
        except ModelError:
            continue
        if found:
            return found if isinstance(found, str) else json.dumps(found)
    return ""
