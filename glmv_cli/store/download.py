"""One file from a hub to a disk: resumed, and verified."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.errors import ModelError
from glmv_cli.store.hub_client import Hub, Patience, RemoteFile
from glmv_cli.store.hub_errors import CutShortError

if TYPE_CHECKING:
    from hashlib import _Hash

PART = ".part"
"""What the name of a file ends with while it is not whole."""

_BLOCK = 1 << 20


def download(hub: Hub, commit: str, file: RemoteFile, target: Path, progress: Callable[[int], None]) -> None:
    """Brings ``file`` to ``target``, which appears when it is whole; ``progress`` hears how many bytes there are.

    What an earlier attempt left is used. Raises :class:`ModelError` if the hub does not give what it promised, and
    ``OSError`` if the disk does not take it.
    """
    part = target.with_name(target.name + PART)
    for _ in range(2):  # a damaged file may be damaged on the way: once more, from the beginning
        if _fill(hub, commit, file, part, progress):
            os.replace(part, target)
            return
        part.unlink()
    raise ModelError(
        f"{file.name} of {hub.repo} is damaged: it does not have the digest that the hub tells",
        "try again later; if it stays, tell the authors of the model",
    )


def _fill(hub: Hub, commit: str, file: RemoteFile, part: Path, progress: Callable[[int], None]) -> bool:
    """Appends to ``part`` until it has the size of ``file``; whether it has its digest too."""
    digest, have = _hash_of(part, file)
    patience = Patience(hub, commit)
    with part.open("ab") as output:
        progress(have)
        while have < file.size:
            try:
                with hub.stream(commit, file.name, have, file.size) as (start, chunks):
                    if start != have:  # the hub does not know ranges
                        output.truncate(0)
                        digest, have = _new_hash(file), 0
                    for chunk in chunks:
                        output.write(chunk)
                        digest.update(chunk)
                        have += len(chunk)
                        patience.renew()
                        progress(have)
                if have < file.size:
                    raise CutShortError(f"{file.name} ended after {have:,} of {file.size:,} bytes")
            except Exception as error:
                patience.wait(error)
    expected = file.sha256 or file.git_sha1
    return have == file.size and (expected is None or digest.hexdigest() == expected)


def _hash_of(part: Path, file: RemoteFile) -> tuple[_Hash, int]:
    """The digest of what is there already, and its size."""
    digest, have = _new_hash(file), 0
    if part.exists() and part.stat().st_size > file.size:
        part.unlink()
    if part.exists():
        with part.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                have += len(block)
    return digest, have


def _new_hash(file: RemoteFile) -> _Hash:
    if file.sha256 is not None or file.git_sha1 is None:
        return hashlib.sha256()
    # Git's name of a file is the digest of its content behind these words.
    return hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
