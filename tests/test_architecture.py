"""The table of docs/architecture.md, held: imports point down, and the command loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = (
    "PIL",
    "accelerate",
    "av",
    "bitsandbytes",
    "numpy",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)


def test_importing_the_command_loads_no_heavy_library() -> None:
    code = f"import sys, glmv_cli.cli.main; print(*sorted(sys.modules.keys() & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_planning_loads_no_heavy_library() -> None:
    code = f"""
import sys
from glmv_cli.cli.main import main
sys.argv = ["glmv", "plan", "tests/data/configs/glm-4.5v.json", "--json"]
status = main()
print(*sorted(sys.modules.keys() & {set(HEAVY)!r}), file=sys.stderr)
sys.exit(status)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    # A machine may be too small for this model, which takes as much work to find out.
    assert done.returncode in (0, 75), done.stderr
    assert done.stderr.splitlines()[-1] == "", done.stderr


def test_imports_point_down_the_layers() -> None:
    # A process of its own: the linter changes sys.path. No cache: workers would share its files.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
