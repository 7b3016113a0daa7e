from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from glmv_cli.cli.completing import names


def keep(home: Path, name: str) -> None:
    directory = home / "models" / name
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}")


def test_models_that_can_answer_are_named(tmp_path: Path) -> None:
    keep(tmp_path, "small")
    keep(tmp_path, ".incomplete/half-done")
    environ = {"GLMV_HOME": str(tmp_path)}
    assert names(["models"], environ) == ["small", "demo"]
    assert names(["kept"], environ) == ["small", "half-done"]


def test_anything_else_has_no_names(tmp_path: Path) -> None:
    for what in ([], ["weather"], ["models", "kept"]):
        assert names(what, {"GLMV_HOME": str(tmp_path)}) == []


def test_what_cannot_be_read_has_no_names(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to("models")  # a circle
    assert names(["models"], {"GLMV_HOME": str(tmp_path)}) in ([], ["demo"])


def test_the_command_prints_a_line_each_and_does_not_wait_for_typer(tmp_path: Path) -> None:
    keep(tmp_path, "small")
    code = "import sys; from glmv_cli.cli.main import main; status = main(); print('typer' in sys.modules, status)"
    done = subprocess.run(
        [sys.executable, "-c", code, "--complete", "models"],
        env={**os.environ, "GLMV_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("small\ndemo\nFalse 0\n", "")
