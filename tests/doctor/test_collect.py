"""All facts are asked for, and one that cannot be had stops none."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.doctor import collect as collecting
from glmv_cli.doctor import software, speeds
from glmv_cli.doctor.collect import attempt, collect
from glmv_cli.doctor.facts import Facts, Models, Processing, Software, Speeds, Trouble, Unknown
from glmv_cli.errors import GlmvError
from glmv_cli.placement.threads import Threads
from glmv_cli.units import MIB


def fails(*_: object) -> None:
    raise RuntimeError("not today")


def facts(tmp_path: Path, **environ: str) -> Facts:
    return collect({"GLMV_HOME": str(tmp_path), "OMP_NUM_THREADS": "1", **environ}, "utf-8", lambda text: None)


@pytest.fixture(autouse=True)
def small_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "_MOST", 64 * MIB)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (GlmvError("it cannot", "try"), "it cannot"),
        (OSError(13, "Permission denied"), "PermissionError: [Errno 13] Permission denied"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_probe_that_fails_says_why(error: Exception, why: str) -> None:
    def probe() -> int:
        raise error

    assert attempt(probe) == Unknown(why)
    assert attempt(lambda: 5) == 5


def test_this_machine(tmp_path: Path) -> None:
    said: list[str] = []
    found = collect({"GLMV_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}, "ascii", said.append)
    unknown = [name for name in Facts.__slots__ if isinstance(getattr(found, name), Unknown)]
    assert unknown == []
    assert found.encoding == "ascii"
    assert said[0] == "importing torch"
    assert isinstance(found.processing, Processing)
    assert found.processing.threads == Threads(1, "OMP_NUM_THREADS")
    assert isinstance(found.speeds, Speeds)
    assert isinstance(found.speeds.memory, int)


def test_without_torch_and_hardware_the_rest_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "read_torch", fails)
    monkeypatch.setattr(software, "read_kernel", fails)
    monkeypatch.setattr(collecting, "probe", fails)
    found = facts(tmp_path)
    for section in (found.torch, found.kernel, found.memory, found.graphics, found.models):
        assert section == Unknown("RuntimeError: not today") or section == Unknown("not today")
    assert isinstance(found.software, Software)
    assert isinstance(found.processing, Processing)


def test_settings_that_make_no_sense_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("threads = 0\n")
    found = facts(tmp_path)
    assert isinstance(found.models, Models)
    assert found.models.trouble is None


def test_too_many_threads_are_trouble(tmp_path: Path) -> None:
    processing = facts(tmp_path, GLMV_THREADS="100000").processing
    assert isinstance(processing, Processing)
    assert isinstance(processing.threads, Trouble)
    assert processing.threads.message.startswith("GLMV_THREADS asks for 100000 threads")
