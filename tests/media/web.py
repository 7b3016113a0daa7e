"""A web server on this machine: its paths are pictures, redirects, and all that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from glmv_cli.errors import GlmvError
from glmv_cli.media.address import fetch
from glmv_cli.media.limits import FetchLimits
from glmv_cli.media.naming import shown_name

PICTURE = bytes(range(256)) * 4
LIMITS = FetchLimits(bytes=4096, stall_s=5.0, total_s=5.0, redirects=3)


@contextmanager
def serving_web() -> Iterator[str]:
    """Its address, without a slash at the end."""
    _Web.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        _Web.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def refused(address: str, limits: FetchLimits = LIMITS) -> GlmvError:
    """Why it is not fetched, in one line that begins with its name, and with a hint."""
    with pytest.raises(GlmvError) as caught:
        fetch(address, limits)
    assert caught.value.hint
    assert caught.value.message.startswith(shown_name(address))
    assert "\n" not in caught.value.message
    return caught.value


class _Web(BaseHTTPRequestHandler):
    """Its paths are the cases."""

    protocol_version = "HTTP/1.1"
    released = Event()

    def do_GET(self) -> None:
        path, _, argument = self.path[1:].partition("/")
        cases: dict[str, Callable[[], object]] = {
            "picture": lambda: self.reply(PICTURE),
            "caf%C3%A9%20au%20lait": lambda: self.reply(PICTURE),
            "empty": lambda: self.reply(b""),
            "announced": lambda: self.reply(b"", length=10**9),
            "endless": self.endless,
            "cut": lambda: self.reply(PICTURE, length=2000),
            "cut-chunks": self.cut_chunks,
            "silent": lambda: self.released.wait(20),
            "slow-head": self.slow_head,
            "hop": lambda: self.redirect(f"/hop/{int(argument) - 1}" if int(argument) > 1 else "/picture"),
            "circle": lambda: self.redirect("/circle"),
            "to-file": lambda: self.redirect("file:///etc/hostname"),
            "to-nowhere": lambda: self.redirect("nonsense:a.png"),
            "to-ftp": lambda: self.redirect("ftp://127.0.0.1/a.png"),
            "private": self.private,
            "to-private": lambda: self.redirect(f"http://localhost:{self.server.server_port}/private"),  # type: ignore[attr-defined]
            "refuses": lambda: self.send_error(403),
            "breaks": lambda: self.send_error(503),
        }
        cases.get(path, lambda: self.send_error(404))()

    def reply(self, body: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def private(self) -> None:
        """For "me" with the password "p@ss"."""
        if self.headers["Authorization"] == "Basic bWU6cEBzcw==":
            self.reply(PICTURE)
        else:
            self.send_error(401)

    def endless(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while not self.released.is_set():
                self.wfile.write(PICTURE)
        except OSError:
            pass
        self.close_connection = True

    def slow_head(self) -> None:
        try:
            while not self.released.wait(0.05):
                self.wfile.write(b"H")
        except OSError:
            pass
        self.close_connection = True

    def cut_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"400\r\n" + PICTURE[:500])
        self.close_connection = True

    def redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""
