"""The files of a checkpoint directory, by the names that transformers gives them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glmv_cli.errors import ModelError
from glmv_cli.store.json_files import read_json
from glmv_cli.store.safetensors_header import Header, read_header

CONFIG = "config.json"
SINGLE = "model.safetensors"
"""The file of weights, where one is enough."""
INDEX = "model.safetensors.index.json"
"""Which tensor lies in which file, where there are several."""

SMALL_FILES = (
    "generation_config.json", "preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "chat_template.jinja", "chat_template.json", "LICENSE",
)  # fmt: skip
"""What goes with the weights, where it is there, unchanged by quantizing."""

_AGAIN = "copy or download the checkpoint again"


def read_weight_map(directory: Path) -> dict[str, str] | None:
    """Tensor → file name, as the index says; None if there is no index."""
    path = directory / INDEX
    return parse_weight_map(read_json(path), str(path)) if path.exists() else None


def parse_weight_map(index: Mapping[str, Any], name: str) -> dict[str, str]:
    """The map in an index called ``name``; raises :class:`ModelError` if it leaves the directory, or is none."""
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{name} has no 'weight_map'", _AGAIN)
    for file in weight_map.values():
        if not isinstance(file, str) or "/" in file or not file.endswith(".safetensors") or not file.isprintable():
            raise ModelError(f"{name} names a file that holds no weights: {file!r}", _AGAIN)
    return {str(tensor): file for tensor, file in weight_map.items()}


def check_weight_map(weight_map: Mapping[str, str], headers: Mapping[str, Header]) -> None:
    """Raises :class:`ModelError` if a file lacks a tensor that the index says it has, or two files have the same."""
    for tensor, file in weight_map.items():
        if tensor not in headers[file].tensors:
            raise ModelError(f"{file} lacks the tensor '{tensor}'", _AGAIN)
    seen: dict[str, str] = {}
    for file, header in headers.items():
        for tensor in header.tensors:
            if tensor in seen:
                raise ModelError(f"{seen[tensor]} and {file} both hold the tensor '{tensor}'", _AGAIN)
            seen[tensor] = file


def read_headers(directory: Path) -> dict[str, Header]:
    """File name → header of every file of weights, in order.

    Raises :class:`ModelError` if a file is missing, cut short, or not what the index says.
    """
    weight_map = read_weight_map(directory)
    if weight_map is None:
        return {SINGLE: read_header(directory / SINGLE)}
    headers = {file: read_header(directory / file) for file in sorted(set(weight_map.values()))}
    check_weight_map(weight_map, headers)
    return headers
