from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.reference.shells import Place, make_place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)
