"""What fuzzing found stays mended: each file is a finding, named by its target and what was wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from glmv_cli.errors import GlmvError
from tools.fuzz.targets import TARGETS

FINDINGS = sorted((Path(__file__).parent.parent / "data" / "fuzzed").glob("*.bin"))


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_what_was_found_is_read_or_refused_in_our_words(path: Path) -> None:
    name = max((name for name in TARGETS if path.name.startswith(name)), key=len)
    with contextlib.suppress(GlmvError):
        TARGETS[name].run(path.read_bytes())
