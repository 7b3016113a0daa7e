"""``glmv show``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.fakes import Glmv

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def copy(demo_directory: Path, tmp_path: Path) -> Path:
    return shutil.copytree(demo_directory, tmp_path / "copy")


def test_the_demo_is_described_and_whole(glmv: Glmv) -> None:
    ran = glmv("show", "demo", "--verify")
    assert (ran.status, ran.stderr) == (0, "")
    lines = {line.split("  ")[0]: line for line in ran.stdout.splitlines()}
    assert "glm4v_moe" in lines["family"]
    assert "4,096 tokens" in lines["context"]
    assert lines["routed experts"].endswith("4.50")
    assert lines["vision"].endswith("16.00")
    assert "verified: all 194 tensors are as they were written" in ran.stdout


def test_json(glmv: Glmv) -> None:
    shown = json.loads(glmv("show", "demo", "--json").stdout)
    assert shown["model"] == "demo"
    assert shown["source"] == {"name": "demo-bf16", "revision": None, "search": False}
    assert shown["thinking"] == "optional"
    assert shown["parameters"] == sum(part["parameters"] for part in shown["parts"])
    assert "problems" not in shown


def test_json_of_a_verified_model_has_its_problems(glmv: Glmv) -> None:
    assert json.loads(glmv("show", "demo", "--json", "--verify").stdout)["problems"] == []


def test_damage_is_named_and_is_an_error(glmv: Glmv, copy: Path) -> None:
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (copy / "model.safetensors").write_bytes(content)
    ran = glmv("show", str(copy), "--verify")
    assert ran.status == 69
    assert "wrong: model.language_model." in ran.stdout
    assert glmv("show", str(copy)).status == 0


def test_what_has_no_manifest_cannot_be_verified(glmv: Glmv, original_directory: Path) -> None:
    ran = glmv("show", str(original_directory), "--verify")
    assert ran.status == 69
    assert "no manifest" in ran.stderr
    assert "unknown: the checkpoint has no manifest" in glmv("show", str(original_directory)).stdout


def test_an_unknown_model(glmv: Glmv) -> None:
    assert glmv("show", "no-such-model").status == 69


def test_no_tensor_library_is_imported() -> None:
    code = (
        "import sys; from glmv_cli.cli.main import main; sys.argv[1:] = ['show', 'demo', '--verify']; main(); "
        "print(*{'torch', 'numpy', 'safetensors'} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
