"""16-bit or FP8 checkpoint → 4-bit checkpoint, in the layout of :mod:`glmv_cli.layout`.

A stream: parts of a few million weights, each read, converted and written where the finished file has it. What is done
is kept in a journal, so that an interrupted run is gone on with; the result appears, in one step, when it is complete.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmv_cli.families import family_of
from glmv_cli.model.blueprint import FILE_SIZE, Blueprint, draw, file_size
from glmv_cli.model.conversion import Progress, convert_all
from glmv_cli.model.source import LocalSource, ShardSource
from glmv_cli.store.checkpoint_files import CONFIG, INDEX, SINGLE
from glmv_cli.store.manifest import MANIFEST, Manifest, digest
from glmv_cli.store.workplace import Workplace, check_target, explaining_full_disks, open_workplace

_VERSION = 2
"""Of what the code makes of a source. Work that another version began is not gone on with."""


@dataclass(frozen=True, slots=True)
class Quantized:
    """What came out: bytes of the source's and the result's files, and how much was read in this run."""

    source_bytes: int
    result_bytes: int
    parameters: int
    read_bytes: int
    seconds: float
    kept_linears: tuple[str, ...]
    """Layers that stay in 16 bit because their width is no multiple of 64."""


def quantize(
    source: ShardSource,
    target: Path,
    *,
    search: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    result_file_size: int = FILE_SIZE,
) -> Quantized:
    """Writes the checkpoint ``target``, or goes on with it where an earlier run stopped.

    ``search``: better scales, see :mod:`glmv_cli.kernels.nf4_search`. ``force``: replaces a complete ``target``, and
    throws away work that was begun with another source or options. ``result_file_size``: of weights, at most.

    Raises:
        ModelError: the source is incomplete, damaged, or cannot be stored in 4 bit.
        UsageError: there is something at ``target``.
        DiskFullError: running again goes on.
    """
    started = time.perf_counter()
    family_of(source.config.get("model_type"), source.name)
    check_target(target, force=force)
    blueprint = draw(source, result_file_size)
    subject = f"{_VERSION} {blueprint.fingerprint()} {digest(source.identity.encode())} search={search}"
    with explaining_full_disks(target), open_workplace(target, subject, force=force) as work:
        sizes = [(name, file_size(header)) for name, (_, header) in blueprint.files.items()]
        work.allocate(sizes, source.largest_download)
        read, digests = convert_all(source, blueprint, work, search, progress or _silent)
        _write_the_rest(source, blueprint, work, search, digests)
        work.publish(replace=force)
    return Quantized(
        source_bytes=sum(file_size(header) for header in source.headers.values()),
        result_bytes=blueprint.size,
        parameters=blueprint.parameters,
        read_bytes=read,
        seconds=time.perf_counter() - started,
        kept_linears=tuple(blueprint.kept_linears),
    )


def quantize_checkpoint(source: Path, target: Path) -> None:
    """:func:`quantize` from a directory, with nothing but defaults."""
    quantize(LocalSource.open(source, source.name), target)


def _silent(done: int, total: int) -> None:
    pass


def _write_the_rest(
    source: ShardSource, blueprint: Blueprint, work: Workplace, search: bool, digests: dict[str, str]
) -> None:
    """Config, index, tokenizer and so on; last of all the manifest."""
    _write_json(work.result / CONFIG, _config(source, blueprint))
    if list(blueprint.files) != [SINGLE]:
        total = sum(place.info.size for place in blueprint.places.values())
        weight_map = {name: place.file for name, place in sorted(blueprint.places.items())}
        _write_json(work.result / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})
    source.copy_small_files(work.result)
    others = sorted(path for path in work.result.iterdir() if path.name not in (*blueprint.files, MANIFEST))
    files = {path.name: digest(path.read_bytes()) for path in others}
    files |= {name: digest(first) for name, (first, _) in blueprint.files.items()}
    Manifest(source.name, source.revision, search, files, dict(sorted(digests.items()))).write(work.result)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _config(source: ShardSource, blueprint: Blueprint) -> dict[str, Any]:
    """The source's, with what transformers needs to read the linear layers with bitsandbytes.

    The modules to skip are patterns there, matched from the start of a module's name to one of its ends.
    """
    skipped = ["lm_head", *(["model.visual"] if "vision_config" in source.config else []), *blueprint.kept_linears]
    plain = {key: value for key, value in source.config.items() if key != "compression_config"}
    for key in ("dtype", "torch_dtype"):
        if plain.get(key) == "float32":
            plain[key] = "bfloat16"  # what is not packed was rounded to it
    return plain | {
        "quantization_config": {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": False,
            "bnb_4bit_quant_storage": "uint8",
            "llm_int8_skip_modules": skipped,
        }
    }
