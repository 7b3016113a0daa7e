"""What is asked of a model hub: which files a revision has, and their bytes.

A thin layer over ``huggingface_hub``, which honours ``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HOME``, ``HF_HUB_OFFLINE`` and
proxies. Plain HTTP with ranges is used, not xet, so that a broken download goes on at the byte where it broke.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.hf_api import ModelInfo, RepoSibling
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from glmv_cli import __version__
from glmv_cli.errors import ModelError
from glmv_cli.store.hub_errors import NoHubError, address, explain, is_no_connection, is_transient, retry_after

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each new attempt; data that arrive begin the count again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. One of the digests is known: that of the content, or git's, of files outside of LFS."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a repository at one commit, by name; those in folders are left out."""

    commit: str
    files: dict[str, RemoteFile]


def _file(sibling: RepoSibling) -> RemoteFile | None:
    """None if the hub does not tell its size."""
    if sibling.lfs is not None:
        return RemoteFile(sibling.rfilename, sibling.lfs.size, sibling.lfs.sha256, None)
    if sibling.size is None:
        return None
    return RemoteFile(sibling.rfilename, sibling.size, None, sibling.blob_id)


class Hub:
    """One repository on a hub. Every method raises :class:`ModelError` with a hint if the hub does not play along.

    ``endpoint``: address of the hub; without it, the one of ``huggingface_hub``. ``pause`` is called with the seconds
    between attempts instead of waiting for them.
    """

    def __init__(self, repo: str, endpoint: str | None = None, pause: Callable[[float], object] | None = None) -> None:
        self.repo = repo
        self.endpoint = endpoint or constants.ENDPOINT
        self._answered = threading.Event()
        self._given_up = threading.Event()
        self._pause = pause or self._given_up.wait

    def snapshot(self, revision: str) -> Snapshot:
        """What ``revision`` (a branch, a tag or a commit) is at this moment."""
        api = HfApi(endpoint=self.endpoint, library_name="glmv", library_version=__version__)
        timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT

        def attempt() -> ModelInfo:
            try:
                return api.model_info(self.repo, revision=revision, files_metadata=True, timeout=timeout)
            except (AttributeError, KeyError, TypeError) as error:  # JSON, but of another kind
                raise NoHubError from error

        info = self.patiently(attempt, revision)
        found = [_file(sibling) for sibling in info.siblings or ()]
        files = {file.name: file for file in found if file is not None and "/" not in file.name}
        if info.sha is None or not files:
            raise ModelError(f"{address(self.endpoint)} does not tell which files {self.repo} has", "use another hub")
        return Snapshot(info.sha, files)

    def read(self, commit: str, name: str, size: int) -> bytes:
        """The first ``size`` bytes of a file, or all if it is shorter."""

        def attempt() -> bytes:
            data = bytearray()
            with self.stream(commit, name, 0, size) as (_, chunks):
                for chunk in chunks:
                    data += chunk
                    if len(data) >= size:
                        break
            return bytes(data[:size])

        return self.patiently(attempt, commit)

    @contextmanager
    def stream(
        self, commit: str, name: str, start: int, end: int | None = None
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Bytes ``start`` to ``end`` of a file: where the answer really starts, and its chunks.

        What the HTTP library raises comes out of it.
        """
        url = hf_hub_url(self.repo, name, revision=commit, endpoint=self.endpoint)
        headers = build_hf_headers(library_name="glmv", library_version=__version__)
        headers["Accept-Encoding"] = "identity"
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
            hf_raise_for_status(response)
            self._answered.set()
            # As it comes: what arrived before a break counts.
            yield start if response.status_code == 206 else 0, response.iter_raw()

    def patiently(self, attempt: Callable[[], T], revision: str) -> T:
        """What ``attempt`` returns, after as many attempts as it needs within reason."""
        patience = Patience(self, revision)
        while True:
            try:
                result = attempt()
            except Exception as error:
                patience.wait(error)
            else:
                self._answered.set()
                return result

    def may_pass(self, error: Exception) -> bool:
        """Whether it may be better the next time. A hub that was never reached counts as none."""
        return (
            not self._given_up.is_set()
            and is_transient(error)
            and (self._answered.is_set() or not is_no_connection(error))
        )

    def give_up(self) -> None:
        """Nobody wants the answers any more: there are no further attempts, in whichever thread."""
        self._given_up.set()

    def pause(self, seconds: float) -> None:
        """Wait before the next attempt."""
        self._pause(seconds)


class Patience:
    """How often something is tried again, and after how long."""

    def __init__(self, hub: Hub, revision: str) -> None:
        self._hub = hub
        self._revision = revision
        self._failures = 0

    def renew(self) -> None:
        """Something came."""
        self._failures = 0

    def wait(self, error: Exception) -> None:
        """Returns when it is time for another attempt; raises :class:`ModelError` if none is worth it."""
        if not self._hub.may_pass(error) or self._failures == len(DELAYS):
            shown = explain(error, self._hub.repo, self._revision, self._hub.endpoint)
            if shown is error:
                raise error
            raise shown from error
        self._hub.pause(max(DELAYS[self._failures], retry_after(error)))
        self._failures += 1
