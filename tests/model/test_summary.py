"""What is said about a checkpoint, held against the model itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from glmv_cli.model.summary import summarize
from tests.checkpoints import write_checkpoint
from tests.model.sources import read_all

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("family", "thinking", "parts"),
    [
        ("glm4v_moe", "optional", {"vision", "routed experts", "shared experts", "routers", "dense MLP"}),
        ("glm4v", "always", {"vision", "dense MLP"}),
        ("glm4_moe", "optional", {"routed experts", "shared experts", "routers", "dense MLP"}),
    ],
)
def test_a_quantized_checkpoint(family: str, thinking: str, parts: set[str], tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", family)
    quantize(LocalSource.open(source, "org/source"), tmp_path / "out")
    summary = summarize(tmp_path / "out", "out")
    assert {part.name for part in summary.parts} == parts | {"embeddings", "attention", "head", "norms"}
    assert summary.whole.parameters == sum(tensor.numel() for tensor in read_all(source).values())
    bits = {part.name: part.bits for part in summary.parts}
    assert 4.5 <= bits["dense MLP"] < 4.7
    assert bits.get("routed experts", 4.5) == 4.5
    assert bits["embeddings"] == bits["head"] == 16
    assert summary.context == 4096
    assert summary.thinking == thinking
    assert summary.manifest is not None
    assert summary.manifest.source == "org/source"


def test_a_16_bit_checkpoint_has_no_manifest(tmp_path: Path) -> None:
    summary = summarize(write_checkpoint(tmp_path / "source", "glm46v", shards=2), "source")
    assert summary.manifest is None
    assert summary.whole.bits == 16


def test_a_cut_file_is_named(demo_directory: Path, tmp_path: Path) -> None:
    for file in demo_directory.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(ModelError, match=r"model\.safetensors is cut short"):
        summarize(tmp_path, "demo")


def test_no_tensor_library_is_imported() -> None:
    code = "import sys, glmv_cli.model.summary, glmv_cli.store.verify; print(*{'torch', 'numpy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
