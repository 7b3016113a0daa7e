from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from glmv_cli.cli.history.media import digest_later, mediums_of
from glmv_cli.messages import MediaSource
from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import Asked
from glmv_cli.store.history.writing import HistoryWriter


def test_a_large_file_is_hashed_later(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom" + bytes(5 << 20))
    source = MediaSource("film.mp4", film)
    (medium,) = mediums_of([source])
    assert (medium.kind, medium.size, medium.sha256) == ("video", film.stat().st_size, None)
    history = tmp_path / "history.db"
    exchange = HistoryWriter(history).begin("describe", None, Asked("glm", True, "?", (medium,)))
    before = set(threading.enumerate())
    digest_later(history, exchange, {medium: source})
    for thread in set(threading.enumerate()) - before:
        thread.join()
    kept = History(history).load(1).exchanges[0].asked.media[0]
    assert kept.sha256 == hashlib.sha256(film.read_bytes()).hexdigest()


def test_a_file_that_is_gone_has_no_digest(tmp_path: Path) -> None:
    (medium,) = mediums_of([MediaSource("gone.png", tmp_path / "gone.png")])
    assert (medium.path, medium.kind, medium.size, medium.sha256) == (tmp_path / "gone.png", "unknown", None, None)
