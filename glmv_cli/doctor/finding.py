"""Something about a machine that its owner should know, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""``error``: glmv cannot answer. ``warning``: slow without need, or something else fails. ``note``: might matter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` is wrong, and the ``hint`` that helps; both begin in lower case, without a full stop."""

    severity: Severity
    what: str
    hint: str | None
