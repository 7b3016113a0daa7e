"""Connections keep to the limits of a fetch, can be interrupted, and lead to public addresses where that is asked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from glmv_cli.errors import InputNotFoundError
from glmv_cli.media.address import fetch
from glmv_cli.media.limits import FetchLimits
from tests.media.interrupting import interrupted
from tests.media.web import LIMITS, PICTURE, refused

pytestmark = pytest.mark.usefixtures("no_proxy")

WHOLE = FetchLimits(stall_s=20.0, total_s=0.3)
STALLED = FetchLimits(stall_s=0.3, total_s=20.0)
PATIENT = FetchLimits(stall_s=20.0, total_s=20.0)


@contextmanager
def never_shaking_hands(trickle: bytes = b"") -> Iterator[str]:
    """A server that takes connections, and says nothing, or ``trickle`` byte by byte."""
    done = Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            for byte in trickle:
                connection.send(bytes([byte]))
                if done.wait(0.05):
                    break
            done.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}/a.png"
        finally:
            done.set()
            thread.join()


@contextmanager
def never_resolving(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    done = Event()

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        done.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        yield "https://example.org/a.png"
    finally:
        done.set()


@pytest.mark.parametrize("limits", [WHOLE, STALLED])
@pytest.mark.parametrize("trickle", [b"", b"\x16\x03\x03\x40\x00" + bytes(400)])
def test_who_does_not_shake_hands_is_not_waited_for(trickle: bytes, limits: FetchLimits) -> None:
    with never_shaking_hands(trickle) as address:
        assert "took too long: more than 0.3 s" in refused(address, limits).message


@pytest.mark.parametrize("limits", [WHOLE, STALLED])
def test_a_name_that_is_not_resolved_is_not_waited_for(limits: FetchLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    with never_resolving(monkeypatch) as address:
        assert "took too long: more than 0.3 s" in refused(address, limits).message


def test_what_a_lookup_takes_is_part_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names of which each is found within the limit, and both are not."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **options: int) -> list[Any]:
        Event().wait(0.2)
        return real("127.0.0.1", port, **options)

    with never_shaking_hands() as address:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        error = refused(address.replace("127.0.0.1", "example.org"), FetchLimits(stall_s=0.25, total_s=0.3))
    assert "took too long: more than 0.3 s" in error.message


def test_a_lookup_and_a_handshake_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    with never_shaking_hands() as address:
        interrupted(lambda: fetch(address, PATIENT))
    with never_resolving(monkeypatch) as address:
        interrupted(lambda: fetch(address, PATIENT))


def test_an_unknown_name_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = refused("https://example.org/a.png", PATIENT)
    assert isinstance(error, InputNotFoundError)
    assert error.message == "https://example.org/a.png cannot be reached: name or service not known"


def test_the_second_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        wrong, right = closed.getsockname(), server.getsockname()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in (wrong, right)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabc")

        thread = Thread(target=serve)
        thread.start()
        assert fetch("http://example.org/a.png", PATIENT).data == b"abc"
        thread.join()


@pytest.mark.parametrize("name", ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"])
def test_a_server_fetches_nothing_from_its_own_network(web: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", web)  # which would do what we must not
    port = web.rpartition(":")[2]
    error = refused(f"{name}:{port}/picture", replace(LIMITS, public_only=True))
    assert isinstance(error, InputNotFoundError)
    assert "which is no public address" in error.message


def resolving(names: dict[str, str]) -> Callable[..., list[Any]]:
    real = socket.getaddrinfo
    return lambda host, port, **options: real(names.get(host, host), port, **options)


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
