"""Ctrl-C while something runs."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest


def interrupted(call: Callable[[], object]) -> None:
    """Assert that an interrupt while ``call`` runs ends it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
