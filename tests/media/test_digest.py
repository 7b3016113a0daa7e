from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from glmv_cli.errors import InputNotFoundError
from glmv_cli.media.digest import digest_of
from glmv_cli.messages import MediaSource


def test_a_digest_is_of_all_bytes_wherever_they_lie(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    path = tmp_path / "a.png"
    path.write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    assert digest_of(MediaSource("a.png", path=path)) == digest_of(MediaSource("stdin", data=data)) == expected


def test_what_is_gone_has_none(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError):
        digest_of(MediaSource("a.png", path=tmp_path / "a.png"))
