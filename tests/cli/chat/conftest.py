"""What tests of the chat at a terminal share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.fakes import Glmv

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def environ(glmv: Glmv) -> dict[str, str]:
    """A fake model, on a terminal that can do what most can."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TERM": "xterm-256color",
        "HOME": str(glmv.home),
        "GLMV_HOME": str(glmv.home),
        "GLMV_MODEL": str(glmv.checkpoint),
    }
