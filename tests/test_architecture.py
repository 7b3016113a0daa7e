"""The table of docs/architecture.md, held: imports point down, and commands load nothing heavy without need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = (
    "PIL",
    "accelerate",
    "av",
    "bitsandbytes",
    "huggingface_hub",
    "numpy",
    "rich",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)


COMMANDS = (
    "--version",
    "--complete models",
    "--help",
    "describe --help",
    "chat --help",
    "chat none.png",
    "doctor --help",
    "pull --help",
    "models",
    "history",
    "history off",
    "show",
    "plan tests/data/configs/glm-4.5v.json --json --gpus none --memory 128GiB",
    "models remove none",
    "describe none.png",
    "inspect none.png",
    "pull none",
    "quantize none out",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_needs_no_heavy_library_loads_none(command: str, tmp_path: Path) -> None:
    code = f"""
import sys
from glmv_cli.cli.main import main
sys.argv = ["glmv", *{command.split()!r}]
status = main()
sys.stderr.write("loaded: " + " ".join(sorted(sys.modules.keys() & {set(HEAVY)!r})))
sys.exit(status)
"""
    environ = {**os.environ, "GLMV_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 2, 66, 69), done.stderr
    assert done.stderr.rpartition("loaded: ")[2] == ""


def test_imports_point_down_the_layers() -> None:
    # A process of its own: the linter changes sys.path. No cache: workers would share its files.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
