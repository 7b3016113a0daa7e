"""Connections to the hosts of the web that are there before a deadline, or not at all."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NothingYet
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeAlias

from glmv_cli.media.public import is_public

_Found: TypeAlias = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]
"""What ``getaddrinfo`` finds: family, kind, protocol, name, and where to connect to."""


class NotPublicError(OSError):
    """A host that has no public address, where only such are allowed."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is no public address")
        self.host = host


def time_left(deadline: float, patience: float | None) -> float:
    """How many seconds something may last that may take ``patience``, until ``deadline`` of the monotonic clock.

    Raises ``TimeoutError`` if there are none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left if patience is None else min(left, patience)


@dataclass(frozen=True, slots=True)
class Dialler:
    """``deadline`` is one of the monotonic clock; ``public_only`` is that of
    :class:`~glmv_cli.media.limits.FetchLimits`.
    """

    deadline: float
    public_only: bool

    def connect(self, address: tuple[str, int], patience: float | None, source: None = None) -> socket.socket:
        """To the first address of a host that answers, looked up once, so that a name cannot mean another one the
        second time. Arguments are those of ``socket.create_connection``.

        The socket waits no longer than until the deadline, which holds for an encrypted handshake, too: Python gives
        all of it the time of one operation. Raises ``OSError``.
        """
        host, port = address
        failure: OSError = NotPublicError(host)
        for family, kind, protocol, _, where in _look_up(host, port, time_left(self.deadline, patience)):
            if self.public_only and not is_public(str(where[0])):
                continue
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(time_left(self.deadline, patience))
                connection.connect(where)
                connection.settimeout(time_left(self.deadline, patience))
            except OSError as error:
                connection.close()
                failure = error
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise failure


def _look_up(host: str, port: int, patience: float) -> _Found:
    """In a thread, which nobody waits for: ``getaddrinfo`` knows no limit, and cannot be interrupted."""
    answer: Future[_Found] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # raised where the answer is waited for
            answer.set_exception(error)

    Thread(target=ask, name=f"looking up {host}", daemon=True).start()
    try:
        return answer.result(patience)
    except NothingYet:
        raise TimeoutError from None
