from __future__ import annotations

import pytest

from tests.placement.golden import PLANS, printed
from tests.placement.machines import RELEASED


@pytest.mark.parametrize("model", RELEASED)
def test_the_plans_of_the_released_models_are_as_written_down(model: str) -> None:
    """If they should change: ``python -m tests.placement.golden``, and look at the difference."""
    assert printed(model) == (PLANS / f"{model}.txt").read_text(encoding="utf-8")
