"""Addresses: fetched within limits from a server on this machine, or errors that say what to do."""

from __future__ import annotations

import base64
import io
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote
from urllib.request import Request

import pytest

from glmv_cli.config import DEFAULTS
from glmv_cli.errors import GlmvError, InputNotFoundError, MediaError, UsageError
from glmv_cli.media.address import fetch
from glmv_cli.media.limits import FetchLimits, FindLimits
from glmv_cli.media.naming import is_address, shown_name
from glmv_cli.media.redirects import FewRedirects
from glmv_cli.media.source import open_source

PICTURE = bytes(range(256)) * 4
LIMITS = FetchLimits(bytes=4096, stall_s=5.0, total_s=5.0, redirects=3)


class Web(BaseHTTPRequestHandler):
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


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    Web.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Web.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def resolving(names: dict[str, str]) -> Callable[..., list[Any]]:
    real = socket.getaddrinfo
    return lambda host, port, **options: real(names.get(host, host), port, **options)


def refused(address: str, limits: FetchLimits = LIMITS) -> GlmvError:
    with pytest.raises(GlmvError) as caught:
        fetch(address, limits)
    assert caught.value.hint
    assert caught.value.message.startswith(shown_name(address))
    assert "\n" not in caught.value.message
    return caught.value


def test_what_is_there_is_fetched(web: str) -> None:
    source = open_source(f"{web}/picture", io.BytesIO())
    assert (source.name, source.data, source.path) == (f"{web}/picture", PICTURE, None)


@pytest.mark.parametrize("path", ["café au lait", "caf%C3%A9%20au%20lait#top"])
def test_addresses_may_be_written_as_people_do(web: str, path: str) -> None:
    assert fetch(f"{web}/{path}", LIMITS).data == PICTURE


def test_name_and_password_are_sent_and_not_shown(web: str) -> None:
    address = web.replace("://", "://me:p%40ss@")
    source = fetch(f"{address}/private", LIMITS)
    assert (source.name, source.data) == (f"{web}/private", PICTURE)
    with pytest.raises(InputNotFoundError, match="404") as caught:
        fetch(f"{address}/none", LIMITS)
    assert caught.value.message.startswith(f"{web}/none cannot")


def test_no_other_server_gets_the_password(web: str) -> None:
    with pytest.raises(InputNotFoundError, match="401"):
        fetch(web.replace("://", "://me:p%40ss@") + "/to-private", LIMITS)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@example.org/a.png", "https://example.org/a.png"),
        ("HTTP://me@example.org", "HTTP://example.org"),
        ("https://a:b@c@example.org:80/x", "https://example.org:80/x"),
        ("https://example.org/@me", "https://example.org/@me"),
        ("https://example.org?mail=a@b", "https://example.org?mail=a@b"),
        ("me:secret@example.org", "me:secret@example.org"),
    ],
)
def test_names_are_without_credentials(address: str, shown: str) -> None:
    assert shown_name(address) == shown


def test_redirects_are_followed_up_to_a_limit(web: str) -> None:
    assert fetch(f"{web}/hop/3", LIMITS).data == PICTURE
    assert "redirects more than 3 times" in refused(f"{web}/hop/4").message


def test_the_limit_of_redirects_is_the_one_that_was_set(web: str) -> None:
    assert fetch(f"{web}/hop/12", replace(LIMITS, redirects=12)).data == PICTURE
    assert "redirects more than 12 times" in refused(f"{web}/circle", replace(LIMITS, redirects=12)).message


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("to-file", "redirects to file:///etc/hostname: a web server may not choose files", "name its path"),
        ("to-ftp", "redirects to ftp://127.0.0.1/a.png, which is no address of the web", "another program"),
        ("to-nowhere", "redirects to nonsense:a.png, which is no address of the web", "another program"),
    ],
)
def test_redirects_lead_nowhere_but_to_the_web(web: str, path: str, message: str, hint: str) -> None:
    error = refused(f"{web}/{path}")
    assert isinstance(error, InputNotFoundError)
    assert message in error.message
    assert hint in (error.hint or "")


def test_what_is_encrypted_does_not_lead_to_what_is_not() -> None:
    request = Request("https://example.org/a.png")
    headers = HTTPMessage()
    headers["Location"] = "http://example.org/b.png"
    with pytest.raises(InputNotFoundError, match=r"a\.png redirects to http://example\.org/b\.png, which is not enc"):
        FewRedirects("https://example.org/a.png", 5).http_error_302(request, io.BytesIO(), 302, "Found", headers)


@pytest.mark.parametrize(("path", "size"), [("announced", "954 MiB"), ("endless", "more than 4.0 KiB")])
def test_what_is_too_large_is_not_read(web: str, path: str, size: str) -> None:
    error = refused(f"{web}/{path}")
    assert isinstance(error, MediaError)
    assert f"has {size}; what is fetched may have" in error.message


@pytest.mark.parametrize("path", ["cut", "cut-chunks"])
def test_what_breaks_off_is_no_picture(web: str, path: str) -> None:
    assert "cut off" in refused(f"{web}/{path}").message


def test_a_server_that_says_nothing_is_not_waited_for(web: str) -> None:
    assert "took too long" in refused(f"{web}/silent", replace(LIMITS, stall_s=0.2)).message


@pytest.mark.parametrize("path", ["endless", "slow-head"])
@pytest.mark.parametrize("public_only", [False, True])
def test_a_server_that_trickles_is_not_waited_for(
    web: str, path: str, public_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmv_cli.media.dialling.is_public", lambda host: True)
    limits = replace(LIMITS, bytes=10**12, total_s=0.2, public_only=public_only)
    assert "took too long: more than 0.2 s" in refused(f"{web}/{path}", limits).message


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [("none", "404", "check the address"), ("refuses", "403", "permission"), ("breaks", "503", "later")],
)
def test_what_the_server_says_is_passed_on(web: str, path: str, message: str, hint: str) -> None:
    error = refused(f"{web}/{path}")
    assert isinstance(error, InputNotFoundError)
    assert message in error.message
    assert hint in (error.hint or "")


def test_nobody_there_is_not_found() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/a.png"
    assert isinstance(refused(address), InputNotFoundError)


def test_an_empty_answer_is_bad_media(web: str) -> None:
    assert "is empty" in refused(f"{web}/empty").message


@pytest.mark.parametrize("address", ["http://", "http:///a.png", "http://[::1", "http://127.0.0.1:port/", "http://\0/"])
def test_nonsense_is_explained(address: str) -> None:
    assert isinstance(refused(address), InputNotFoundError)


@pytest.mark.parametrize("tail", ["image/png;base64,{b}", ";BASE64,{b}", "image/png,{q}", ",{q}"])
def test_a_data_address_holds_its_bytes(tail: str) -> None:
    text = "data:" + tail.format(b=base64.b64encode(PICTURE).decode(), q=quote(PICTURE))
    source = open_source(text, io.BytesIO())
    assert source.data == PICTURE
    assert len(source.name) <= 80


@pytest.mark.parametrize("address", ["data:image/png;base64", "data:;base64,a", "data:;base64,!!!!", "data:,"])
def test_a_data_address_that_holds_none_is_bad_media(address: str) -> None:
    assert isinstance(refused(address), MediaError)


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    path.write_bytes(b"abc")
    for address in (path.as_uri(), f"file://localhost{quote(str(path))}"):
        assert open_source(address, io.BytesIO()).path == path
    with pytest.raises(InputNotFoundError, match="does not exist"):
        open_source((tmp_path / "none.png").as_uri(), io.BytesIO())
    with pytest.raises(UsageError, match="another machine"):
        open_source("file://elsewhere/a.png", io.BytesIO())


@pytest.mark.parametrize("name", ["a.png", "C:\\a.png", "http.png", "https:/a", "data", "ftp://a/b", "x:data:,"])
def test_names_of_files_are_no_addresses(name: str) -> None:
    assert not is_address(name)


@pytest.mark.parametrize("name", ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"])
def test_a_server_fetches_nothing_from_its_own_network(web: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", web)  # which would do what we must not
    port = web.rpartition(":")[2]
    error = refused(f"{name}:{port}/picture", replace(LIMITS, public_only=True))
    assert isinstance(error, InputNotFoundError)
    assert "which is no public address" in error.message


def test_a_redirect_to_ones_own_network_is_told_as_one(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmv_cli.media.dialling.is_public", lambda host: host == "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolving({"localhost": "127.0.0.2"}))
    error = refused(f"{web}/to-private", replace(LIMITS, public_only=True))
    assert error.message == f"{web}/to-private leads to localhost, which is no public address"


def test_names_are_looked_up_once(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[object] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **options: int) -> list[Any]:
        looked_up.append(host)
        return real("127.0.0.1", port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("glmv_cli.media.dialling.is_public", lambda host: host == "127.0.0.1")
    address = f"http://example.org:{web.rpartition(':')[2]}/hop/2"
    assert fetch(address, replace(LIMITS, public_only=True)).data == PICTURE
    assert looked_up == ["example.org"] * 3


def test_limits_are_settings() -> None:
    assert FindLimits.of(DEFAULTS) == FindLimits()
    settings = replace(
        DEFAULTS, max_pages=3, fetch_size=2**20, fetch_seconds=9.0, fetch_stall_seconds=2.0, fetch_redirects=0
    )
    assert FindLimits.of(settings) == FindLimits(3, FetchLimits(2**20, 2.0, 9.0, 0))
