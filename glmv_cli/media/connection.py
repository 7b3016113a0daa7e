"""Connections to the web that end at a deadline, however slowly their bytes come."""

from __future__ import annotations

import http.client
import io
import socket
import time
import urllib.request

from glmv_cli.media.public import connect_publicly


class WebHandler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """For ``urllib.request.build_opener``: both kinds of addresses, read until ``deadline`` of the monotonic clock.

    Reading later than that raises ``TimeoutError``; ``public_only`` is that of
    :class:`~glmv_cli.media.limits.FetchLimits`.
    """

    def __init__(self, deadline: float, *, public_only: bool) -> None:
        super().__init__()
        self._deadline = deadline
        self._public_only = public_only

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """A plain connection."""
        return self.do_open(self._plain, req)  # type: ignore[arg-type]  # it is called with these two arguments

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """An encrypted one."""
        return self.do_open(self._encrypted, req)  # type: ignore[arg-type]  # likewise

    def _plain(self, host: str, timeout: float) -> http.client.HTTPConnection:
        kind = _PublicHttp if self._public_only else http.client.HTTPConnection
        return self._timed(kind(host, timeout=timeout))

    def _encrypted(self, host: str, timeout: float) -> http.client.HTTPConnection:
        kind = _PublicHttps if self._public_only else http.client.HTTPSConnection
        return self._timed(kind(host, timeout=timeout))

    def _timed(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        deadline = self._deadline

        class Timed(http.client.HTTPResponse):
            def __init__(
                self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
            ) -> None:
                super().__init__(sock, debuglevel, method, url)
                self.fp = io.BufferedReader(_UntilThen(self.fp, sock, deadline))

        connection.response_class = Timed
        return connection


class _UntilThen(io.RawIOBase):
    """What comes through a socket, until ``deadline``: each byte may take as long as the socket waits, or less."""

    def __init__(self, stream: io.BufferedReader, sock: socket.socket, deadline: float) -> None:
        self._stream = stream
        self._socket = sock
        self._patience = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left if self._patience is None else min(left, self._patience))
        return self._stream.readinto1(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _PublicHttp(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = connect_publicly(self.host, self.port, self.timeout)


class _PublicHttps(http.client.HTTPSConnection):
    def connect(self) -> None:
        context = self._context  # type: ignore[attr-defined]  # where the class keeps the default one
        plain = connect_publicly(self.host, self.port, self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=self.host)
