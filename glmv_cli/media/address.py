"""Media by address: ``http(s)://`` is fetched, ``data:`` holds its bytes itself, ``file://`` is a path."""

from __future__ import annotations

import base64
import binascii
import os
import time
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from glmv_cli import __version__
from glmv_cli.errors import InputNotFoundError, MediaError, UsageError
from glmv_cli.media.connection import WebHandler
from glmv_cli.media.dialling import Dialler, NotPublicError
from glmv_cli.media.limits import FetchLimits
from glmv_cli.media.naming import shown_name
from glmv_cli.media.redirects import FewRedirects
from glmv_cli.media.spool import Spool
from glmv_cli.messages import Data, MediaSource
from glmv_cli.units import format_bytes

_CHUNK = 256 * 1024
_LIMITS = FetchLimits()


def path_of(argument: str) -> Path | None:
    """The path that a ``file:`` address means; ``None`` for other addresses. Raises ``UsageError`` for other hosts."""
    if argument[:5].lower() != "file:":
        return None
    try:
        parts = urlsplit(argument)
        path = os.fsdecode(unquote_to_bytes(os.fsencode(parts.path)))
    except ValueError as error:
        raise UsageError(f"{argument} is no address: {error}", "file addresses begin with file:///") from error
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{argument} names another machine", "file addresses begin with file:///")
    return Path(path)


def fetch(address: str, limits: FetchLimits = _LIMITS) -> MediaSource:
    """The bytes behind an ``http(s):`` or ``data:`` address. Nothing is sent but the request itself.

    Raises:
        InputNotFoundError: nobody answers, or there is no such thing, or it is not public where only that is allowed.
        MediaError: it is too large, too slow, empty, or cut off.
    """
    name = shown_name(address)
    data = _inline(name, address) if address[:5].lower() == "data:" else _download(name, address, limits)
    if not data:
        raise MediaError(f"{name} is empty", "check the address")
    return MediaSource(name, data=data)


def _inline(name: str, address: str) -> bytes:
    """RFC 2397: ``data:[type][;base64],data``."""
    head, comma, body = address[5:].partition(",")
    if not comma:
        raise MediaError(f"{name} is no data address: it has no comma", "write data:image/png;base64,…")
    try:
        raw = unquote_to_bytes(os.fsencode(body))
        if not head.lower().endswith(";base64"):
            return raw
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error as error:
        raise MediaError(f"{name} is not valid base64: {str(error).lower()}", "copy the whole address") from error
    except UnicodeError as error:  # half a character
        raise MediaError(f"{name} is no data address: {error}", "copy the whole address") from error


def _download(name: str, address: str, limits: FetchLimits) -> Data:
    deadline = time.monotonic() + limits.total_s
    opener = _opener(name, limits, deadline)
    try:
        with opener.open(_request(address), timeout=limits.stall_s) as response:
            return _read(name, response, limits)
    except urllib.error.HTTPError as error:
        error.close()  # it is a response, and open
        raise InputNotFoundError(
            f"{name} cannot be fetched: {error.code} {error.reason}", _advice(error.code)
        ) from error
    except IncompleteRead as error:
        raise MediaError(f"{name} was cut off", "run the command again") from error
    except TimeoutError as error:
        raise _too_slow(name, limits, deadline) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _too_slow(name, limits, deadline) from error
        if isinstance(error.reason, NotPublicError):
            raise InputNotFoundError(
                f"{name} leads to {error.reason.host}, which is no public address",
                "only what lies on the public internet is fetched here",
            ) from error
        reason = getattr(error.reason, "strerror", None) or str(error.reason)
        raise InputNotFoundError(
            f"{name} cannot be reached: {reason[:1].lower()}{reason[1:]}", "check the address and the network"
        ) from error
    except (HTTPException, OSError, ValueError) as error:
        raise InputNotFoundError(
            f"{name} cannot be fetched: {str(error) or type(error).__name__}", "check the address and the network"
        ) from error


def _opener(name: str, limits: FetchLimits, deadline: float) -> urllib.request.OpenerDirector:
    web = WebHandler(Dialler(deadline, limits.public_only))
    # A proxy would connect for us, to whatever it likes.
    direct = (urllib.request.ProxyHandler({}),) if limits.public_only else ()
    return urllib.request.build_opener(FewRedirects(name, limits.redirects), web, *direct)


def _request(address: str) -> urllib.request.Request:
    """Name and password of an address are sent to its host (RFC 7617), and to no other that it redirects to."""
    credentials, at, host = urlsplit(address).netloc.rpartition("@")
    bare = urlsplit(address)._replace(netloc=host).geturl() if at else address
    request = urllib.request.Request(_in_ascii(bare), headers={"User-Agent": f"glmv/{__version__}", "Accept": "*/*"})
    if at:
        encoded = base64.b64encode(unquote_to_bytes(os.fsencode(credentials))).decode()
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request


def _in_ascii(address: str) -> str:
    """An address as people write it → as it is sent: other letters and spaces in path and query are escaped."""
    parts = urlsplit(address)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    path, query = (quote(text, safe="%/:?@!$&'()*+,;=~") for text in (parts.path, parts.query))
    return parts._replace(netloc=host, path=path, query=query, fragment="").geturl()


def _read(name: str, response: HTTPResponse, limits: FetchLimits) -> Data:
    announced = response.headers.get("Content-Length", "")
    size = int(announced) if announced.isdigit() else None
    if size is not None and size > limits.bytes:
        raise _too_large(name, format_bytes(size), limits)
    with closing(Spool()) as data:
        while chunk := response.read1(_CHUNK):
            data.write(chunk)
            if data.size > limits.bytes:
                raise _too_large(name, f"more than {format_bytes(limits.bytes)}", limits)
        if size is not None and data.size < size:
            raise MediaError(
                f"{name} was cut off: {format_bytes(data.size)} of {format_bytes(size)} came", "run the command again"
            )
        return data.finish()


def _too_large(name: str, size: str, limits: FetchLimits) -> MediaError:
    return MediaError(
        f"{name} has {size}; what is fetched may have {format_bytes(limits.bytes)}",
        "raise the setting fetch_size, or download it with another program and name the file",
    )


def _too_slow(name: str, limits: FetchLimits, deadline: float) -> MediaError:
    seconds = limits.total_s if time.monotonic() >= deadline else limits.stall_s
    return MediaError(
        f"{name} took too long: more than {seconds:g} s",
        "try again, raise the settings fetch_seconds and fetch_stall_seconds, or download it with another program",
    )


def _advice(code: int) -> str:
    if code in (401, 403):
        return "it asks for permission: download it with a program that can log in, and name the file"
    return "check the address" if code < 500 else "the server has a problem; try again later"
