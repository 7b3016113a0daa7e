"""The keyboard while an answer comes: Ctrl-C and Ctrl-Z are heard, what else is typed waits for the next prompt."""

from __future__ import annotations

import io
import os
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
def on_suspend(act: Callable[[], None]) -> Iterator[None]:
    """Ctrl-Z does this instead of stopping the process; where nobody could let it go on, it does nothing."""
    if sys.platform == "win32" or signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:
        yield
        return
    before = signal.signal(signal.SIGTSTP, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


@contextmanager
def unechoed(stdin: BinaryIO) -> Iterator[Callable[[], None]]:
    """Keys are neither shown nor gathered into lines; where there is no terminal, nothing happens.

    Gives what stops the process until the shell lets it go on, and leaves the shell the keyboard as it was.
    """
    if sys.platform == "win32" or not stdin.isatty():
        yield _stop
        return
    import termios

    try:
        descriptor = stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (termios.error, io.UnsupportedOperation):
        yield _stop
        return
    quiet = termios.tcgetattr(descriptor)
    quiet[0] &= ~termios.ICRNL  # Enter is for the prompt to read, as it is there
    quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    quiet[3] |= termios.NOFLSH  # Ctrl-C throws nothing away that was typed or printed

    def stop() -> None:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        _stop()
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)

    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield stop
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _stop() -> None:
    """Stop as if nobody had taken Ctrl-Z for something else."""
    heard = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, heard)
