"""The end of a chat that somebody else wants: its terminal was closed, or the system asks it to go."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDINGS = (signal.SIGTERM,) if sys.platform == "win32" else (signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL = 128
"""What shells add to the number of a signal."""


class Terminated(SystemExit):
    """Such a signal came; ``status`` is the exit code. asyncio lets exceptions of no other kind out of a prompt."""

    def __init__(self, number: int) -> None:
        self.status = _BY_SIGNAL + number
        super().__init__(self.status)


@contextmanager
def terminable() -> Iterator[None]:
    """Such a signal raises :class:`Terminated` here, once: keyboard and screen are put back, and what came is kept."""

    def end(number: int, frame: FrameType | None) -> None:
        for ending in _ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        raise Terminated(number)

    heard = [ending for ending in _ENDINGS if signal.getsignal(ending) is signal.SIG_DFL]
    for ending in heard:
        signal.signal(ending, end)
    try:
        yield
    finally:
        for ending in heard:
            if signal.getsignal(ending) is end:
                signal.signal(ending, signal.SIG_DFL)
