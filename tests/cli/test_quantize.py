"""``glmv quantize``, as a person meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glmv_cli.cli.sources import open_source
from glmv_cli.errors import InputNotFoundError, UsageError
from tests.cli.fakes import Glmv

ROOT = Path(__file__).parent.parent.parent


def test_a_checkpoint_becomes_the_shipped_one(
    glmv: Glmv, original_directory: Path, demo_directory: Path, tmp_path: Path
) -> None:
    ran = glmv("quantize", str(original_directory), str(tmp_path / "out"))
    assert (ran.status, ran.stderr) == (0, "")
    assert "3.8 MiB from 7.3 MiB" in ran.stdout
    weights = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert weights == (demo_directory / "model.safetensors").read_bytes()


def test_what_is_there_stays_without_force(glmv: Glmv, original_directory: Path, tmp_path: Path) -> None:
    arguments = ("quantize", str(original_directory), str(tmp_path / "out"))
    assert glmv(*arguments).status == 0
    again = glmv(*arguments)
    assert again.status == 2
    assert "complete" in again.stderr
    assert "hint: --force" in again.stderr
    assert glmv(*arguments, "--search", "--force").status == 0


def test_a_source_that_is_not_there(glmv: Glmv, tmp_path: Path) -> None:
    ran = glmv("quantize", str(tmp_path / "nothing"), str(tmp_path / "out"))
    assert ran.status == 66
    assert "no such directory" in ran.stderr


def test_a_source_without_weights(glmv: Glmv, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "config.json").write_text('{"model_type": "glm4v_moe"}')
    ran = glmv("quantize", str(tmp_path / "source"), str(tmp_path / "out"))
    assert ran.status == 69
    assert "lacks model.safetensors" in ran.stderr


def test_a_source_of_a_foreign_family_names_those_that_work(
    glmv: Glmv, original_directory: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text('{"model_type": "llama"}')
    (source / "model.safetensors").write_bytes((original_directory / "model.safetensors").read_bytes())
    ran = glmv("quantize", str(source), str(tmp_path / "out"))
    assert ran.status == 69
    assert "'llama'" in ran.stderr
    assert "glm4_moe" in ran.stderr


def test_a_revision_is_for_the_hub(original_directory: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="revision"):
        open_source(str(original_directory), "main", tmp_path)


@pytest.mark.parametrize("name", ["./a/b", "/a/b", "a", "a/b/c", "../a"])
def test_a_path_is_not_taken_for_a_model_on_the_hub(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError):
        open_source(name, None, tmp_path)


INTERRUPTED = """
import os, signal, sys
from glmv_cli.cli.main import main
from glmv_cli.model import converter

convert = converter.Converter.convert

def interrupted(self, part):
    if part.index == 100:
        os.kill(os.getpid(), signal.SIGINT)
    convert(self, part)

converter.Converter.convert = interrupted
sys.exit(main())
"""


def test_ctrl_c_says_how_to_go_on(original_directory: Path, demo_directory: Path, tmp_path: Path) -> None:
    arguments = ["quantize", str(original_directory), str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "note: interrupted; the same command, run again, goes on from here"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    subprocess.run([sys.executable, "-m", "glmv_cli", *arguments], cwd=ROOT, capture_output=True, check=True)
    weights = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert weights == (demo_directory / "model.safetensors").read_bytes()
