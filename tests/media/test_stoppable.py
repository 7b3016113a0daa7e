"""C code that computes for long: who waits for it can stop waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from glmv_cli.errors import MediaError
from glmv_cli.media.stoppable import THREAD, Stoppable

LONG = 60.0


def until(stopped: Callable[[], bool], event: threading.Event) -> None:
    while not stopped():
        event.wait(0.001)


def test_what_comes_of_it_is_returned_or_raised() -> None:
    library = Stoppable()
    assert library.run("a.pdf", LONG, lambda stopped: (stopped(), threading.current_thread().name)) == (False, THREAD)
    with pytest.raises(ZeroDivisionError):
        library.run("a.pdf", LONG, lambda stopped: 1 // 0)


def test_what_takes_too_long_is_told_to_stop() -> None:
    library = Stoppable()
    ended = threading.Event()

    def work(stopped: Callable[[], bool]) -> None:
        until(stopped, threading.Event())
        ended.set()

    with pytest.raises(MediaError, match=r"^a\.pdf takes more than 0\.01 s to draw$") as caught:
        library.run("a.pdf", 0.01, work)
    assert "page_seconds" in (caught.value.hint or "")
    assert ended.wait(LONG)
    assert library.run("b.pdf", LONG, lambda stopped: 1) == 1


def test_nothing_is_done_beside_what_cannot_be_stopped() -> None:
    library = Stoppable()
    release = threading.Event()
    with pytest.raises(MediaError):
        library.run("a.pdf", 0.01, lambda stopped: release.wait(LONG))
    with pytest.raises(MediaError, match=r"^b\.pdf cannot be read, since a\.pdf is still drawn") as caught:
        library.run("b.pdf", LONG, lambda stopped: 1)
    assert caught.value.hint
    release.set()
    assert library.run("b.pdf", LONG, lambda stopped: 1) == 1


def test_what_could_not_be_begun_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Stoppable()

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="new thread"):
            library.run("a.pdf", LONG, lambda stopped: 1)
    assert library.run("b.pdf", LONG, lambda stopped: 1) == 1


def test_one_thing_is_done_at_a_time() -> None:
    library = Stoppable()
    inside = 0
    most = 0

    def work(stopped: Callable[[], bool]) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.001)
        inside -= 1

    threads = [threading.Thread(target=library.run, args=("a.pdf", LONG, work)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
