"""Addresses: fetched within limits from a server on this machine, or errors that say what to do."""

from __future__ import annotations

import base64
import io
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from glmv_cli.config import DEFAULTS
from glmv_cli.errors import InputNotFoundError, MediaError, UsageError
from glmv_cli.media.address import fetch
from glmv_cli.media.limits import FetchLimits, FindLimits
from glmv_cli.media.naming import is_address, shown_name
from glmv_cli.media.source import open_source
from tests.media.web import LIMITS, PICTURE, refused

pytestmark = pytest.mark.usefixtures("no_proxy")


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


def test_limits_are_settings() -> None:
    assert FindLimits.of(DEFAULTS) == FindLimits()
    settings = replace(
        DEFAULTS, max_pages=3, fetch_size=2**20, fetch_seconds=9.0, fetch_stall_seconds=2.0, fetch_redirects=0
    )
    assert FindLimits.of(settings) == FindLimits(3, FetchLimits(2**20, 2.0, 9.0, 0))
