"""Work in threads: all of it is done, and none is waited for that would go on for long after a failure."""

from __future__ import annotations

from threading import Barrier, Event

import pytest

from glmv_cli.media import workers


@pytest.mark.parametrize("processors", [1, 3])
def test_every_part_is_worked_on(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: processors)
    done: list[int] = []
    workers.each(done.append, range(20))
    assert sorted(done) == list(range(20))


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_long_work_is_told_when_another_part_fails(
    failure: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    give_up, both = Event(), Barrier(2, timeout=20)
    ended: list[bool] = []

    def work(part: int) -> None:
        both.wait()
        if part == 0:
            raise failure
        ended.append(give_up.wait(20))

    with pytest.raises(failure):
        workers.each(work, range(2), give_up)
    assert ended == [True]
