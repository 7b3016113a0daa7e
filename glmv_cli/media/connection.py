"""Connections to the web that end at a deadline, however slowly their bytes come."""

from __future__ import annotations

import http.client
import io
import socket
import urllib.request

from glmv_cli.media.dialling import Dialler, time_left


class WebHandler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """For ``urllib.request.build_opener``: both kinds of addresses, read until the deadline of ``dialler``, which makes
    the connections. What takes longer raises ``TimeoutError``.
    """

    def __init__(self, dialler: Dialler) -> None:
        super().__init__()
        self._dialler = dialler

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """A plain connection."""
        return self.do_open(self._plain, req)  # type: ignore[arg-type]  # it is called with these two arguments

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """An encrypted one."""
        return self.do_open(self._encrypted, req)  # type: ignore[arg-type]  # likewise

    def _plain(self, host: str, timeout: float) -> http.client.HTTPConnection:
        return self._timed(http.client.HTTPConnection(host, timeout=timeout))

    def _encrypted(self, host: str, timeout: float) -> http.client.HTTPConnection:
        return self._timed(_Encrypted(host, timeout=timeout))

    def _timed(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        deadline = self._dialler.deadline

        class Timed(http.client.HTTPResponse):
            def __init__(
                self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
            ) -> None:
                super().__init__(sock, debuglevel, method, url)
                self.fp = io.BufferedReader(_UntilThen(self.fp, sock, deadline))

        connection.response_class = Timed
        connection._create_connection = self._dialler.connect  # type: ignore[attr-defined]  # where the class asks
        return connection


class _Encrypted(http.client.HTTPSConnection):
    """One whose socket is known before hands are shaken, so that an interrupt then closes it."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        context, proxied = self._context, self._tunnel_host  # type: ignore[attr-defined]  # where the class keeps them
        self.sock = context.wrap_socket(self.sock, server_hostname=proxied or self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


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
        self._socket.settimeout(time_left(self._deadline, self._patience))
        return self._stream.readinto1(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
