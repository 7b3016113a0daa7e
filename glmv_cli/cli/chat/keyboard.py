"""The keyboard while an answer comes: Ctrl-C is heard, what else is typed waits for the next prompt."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C does this, and raises nothing."""
    before = signal.signal(signal.SIGINT, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def unechoed(stdin: BinaryIO) -> Iterator[None]:
    """Keys are neither shown nor gathered into lines; where there is no terminal, nothing happens."""
    if sys.platform == "win32" or not stdin.isatty():
        yield
        return
    import termios

    try:
        descriptor = stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (termios.error, io.UnsupportedOperation):
        yield
        return
    quiet = termios.tcgetattr(descriptor)
    quiet[0] &= ~termios.ICRNL  # Enter is for the prompt to read, as it is there
    quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    quiet[3] |= termios.NOFLSH  # Ctrl-C throws nothing away that was typed or printed
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
