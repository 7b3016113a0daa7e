"""C code that may compute for very long: Ctrl-C is heard meanwhile, and what takes too long is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from glmv_cli.errors import MediaError

_T = TypeVar("_T")

THREAD = "glmv-page"
"""Name of the thread in which it computes."""
_GRACE_S = 1.0
"""For how long the next one waits for one that was told to stop."""


class Stoppable:
    """A library that is not made for threads: one thing after the other, each in a thread of its own.

    Python hears of a Ctrl-C only between two steps of its own, so that whoever calls C code for a minute is deaf for a
    minute. Here the caller only waits. What it no longer waits for is told to stop; C code that never asks whether it
    shall goes on, until it is done or the process ends, and nothing else is done by the library before.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._left: tuple[str, threading.Thread] | None = None

    def run(self, name: str, seconds: float, work: Callable[[Callable[[], bool]], _T]) -> _T:
        """What ``work`` returns or raises. It is given a function that says whether it shall stop.

        Raises :class:`MediaError` if that takes more than ``seconds``, or another thing never ended; ``name`` says
        what takes so long.
        """
        self._wait_for_the_last(name)
        outcome: Future[_T] = Future()
        stop = threading.Event()
        thread = threading.Thread(target=self._compute, args=(work, stop, outcome), name=THREAD, daemon=True)
        try:
            thread.start()
            wait((outcome,), seconds)
            if outcome.done():
                return outcome.result()
            raise MediaError(
                f"{name} takes more than {seconds:g} s to draw",
                "raise the setting page_seconds, or make a picture of it with another program, as 'pdftoppm -png' does",
            )
        finally:
            stop.set()
            if thread.is_alive() and not outcome.done():
                self._left = (name, thread)

    def _compute(self, work: Callable[[Callable[[], bool]], _T], stop: threading.Event, outcome: Future[_T]) -> None:
        with self._turn:
            if stop.is_set():
                return
            try:
                outcome.set_result(work(stop.is_set))
            except BaseException as error:
                outcome.set_exception(error)

    def _wait_for_the_last(self, name: str) -> None:
        if self._left is None:
            return
        other, thread = self._left
        thread.join(_GRACE_S)
        if thread.is_alive():
            raise MediaError(
                f"{name} cannot be read, since {other} is still drawn and cannot be stopped",
                "ask about it in a run of its own",
            )
        self._left = None
