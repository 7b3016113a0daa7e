"""A model hub on loopback: as much of the real one's protocol as huggingface_hub needs, and what can go wrong."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Refusal:
    """An answer instead of the right one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Repo:
    """A directory of files as a repository with one commit on ``main``."""

    directory: Path
    refusal: Refusal | None = None

    @property
    def commit(self) -> str:
        content = "".join(sorted(_sha256(path) for path in self.directory.iterdir() if path.is_file()))
        return hashlib.sha1(content.encode()).hexdigest()


@dataclass
class HubStandIn:
    """``with HubStandIn() as hub``; then set ``repos``, and what goes wrong.

    ``cuts``, ``corrupt`` and ``holds`` concern answers that reach to the end of a file, by its name: after how many
    bytes each of the next ones breaks off, how many of the next have a wrong byte, what they wait for half-way.
    ``refusals``: by a part of the path, what the next requests get instead of an answer. ``gone``: none gets any.
    """

    repos: dict[str, Repo] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    corrupt: dict[str, int] = field(default_factory=dict)
    holds: dict[str, threading.Event] = field(default_factory=dict)
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)
    gone: bool = False
    knows_ranges: bool = True
    served: list[tuple[str, str | None]] = field(default_factory=list)
    """Name and range of every content that was sent, or a part of it."""
    held: threading.Event = field(default_factory=threading.Event)
    """An answer has come to its middle and waits."""

    def __enter__(self) -> HubStandIn:
        hub = self

        class Handler(_Handler):
            stand_in = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for hold in self.holds.values():
            hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def ranges(self, name: str) -> list[str | None]:
        """What was asked of a file, in order."""
        return [span for file, span in self.served if file == name]


class _Handler(BaseHTTPRequestHandler):
    stand_in: HubStandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr."""

    def do_HEAD(self) -> None:
        self._respond()

    def do_GET(self) -> None:
        self._respond()

    def _respond(self) -> None:
        hub = self.stand_in
        path = unquote(urlsplit(self.path).path)
        if hub.gone:
            self.close_connection = True
            return
        for part, queue in hub.refusals.items():
            if part in path and queue:
                refusal = queue.pop(0)
                return self._send(refusal.status, refusal.body, refusal.headers)
        if found := re.fullmatch(r"/api/models/(.+?)(?:/revision/(.+))?", path):
            return self._info(found[1], found[2] or "main")
        if found := re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path):
            return self._file(found[1], found[2], found[3], redirects=True)
        if found := re.fullmatch(r"/cdn/(.+?)/([0-9a-f]{40})/(.+)", path):
            return self._file(found[1], found[2], found[3], redirects=False)
        self._send(404, b"")

    def _repo(self, name: str, revision: str) -> Repo | None:
        repo = self.stand_in.repos.get(name)
        if repo is None:
            self._send(401, b"", {"X-Error-Code": "RepoNotFound"})  # as the real one answers to a stranger
        elif repo.refusal is not None:
            self._send(repo.refusal.status, repo.refusal.body, repo.refusal.headers)
        elif revision not in ("main", repo.commit):
            self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            return repo
        return None

    def _info(self, name: str, revision: str) -> None:
        repo = self._repo(name, revision)
        if repo is not None:
            siblings = [_sibling(path) for path in sorted(repo.directory.iterdir()) if path.is_file()]
            body = {"id": name, "sha": repo.commit, "siblings": siblings, "tags": [], "private": False}
            self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _file(self, name: str, revision: str, file: str, redirects: bool) -> None:
        repo = self._repo(name, revision)
        if repo is None:
            return
        path = repo.directory / file
        if not path.is_file():
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": repo.commit})
        etag = _sha256(path) if _is_lfs(path) else _git_sha1(path)
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        if redirects and _is_lfs(path):
            linked = {"X-Linked-Size": str(path.stat().st_size), "X-Linked-Etag": f'"{etag}"'}
            return self._send(302, b"", headers | linked | {"Location": f"/cdn/{name}/{repo.commit}/{file}"})
        self._content(path, headers)

    def _content(self, path: Path, headers: dict[str, str]) -> None:
        hub, data = self.stand_in, path.read_bytes()
        size, status, start, end = len(data), 200, 0, len(data)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        to_the_end = span is not None and int(span[2]) == size - 1
        if span and hub.knows_ranges:
            start, end = int(span[1]), min(int(span[2]) + 1, size)
            if start >= size:
                return self._send(416, b"", {"Content-Range": f"bytes */{size}"})
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        body = data[start:end]
        if self.command == "HEAD":
            return self._send(status, body, headers)
        hub.served.append((path.name, self.headers.get("Range")))
        if to_the_end and hub.corrupt.get(path.name):
            hub.corrupt[path.name] -= 1
            body = body[:-1] + bytes([body[-1] ^ 1])
        cuts = hub.cuts.get(path.name) if to_the_end else None
        cut = cuts.pop(0) if cuts else len(body)
        self._send(status, body, headers, cut, hub.holds.get(path.name) if to_the_end else None)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
        hold: threading.Event | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = body[:cut]
        self.close_connection = len(sent) < len(body)
        half = len(sent) // 2
        try:
            self.wfile.write(sent[:half])
            if hold is not None and not hold.is_set():
                self.stand_in.held.set()
                hold.wait()
            self.wfile.write(sent[half:])
        except OSError:
            self.close_connection = True  # the reader has what it wanted, or is gone


def _sibling(path: Path) -> dict[str, Any]:
    sibling: dict[str, Any] = {"rfilename": path.name, "size": path.stat().st_size, "blobId": _git_sha1(path)}
    if _is_lfs(path):
        sibling["lfs"] = {"sha256": _sha256(path), "size": path.stat().st_size, "pointerSize": 135}
    return sibling


def _is_lfs(path: Path) -> bool:
    return path.suffix == ".safetensors"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git_sha1(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()
