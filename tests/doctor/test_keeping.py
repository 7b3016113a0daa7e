"""Settings, directories and models, as they lie on a disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glmv_cli.config import Settings
from glmv_cli.doctor.facts import Kept, Models, Setting
from glmv_cli.doctor.keeping import place, read_configuration, read_history, read_models, read_places
from glmv_cli.errors import GlmvError
from glmv_cli.placement.hardware import Machine
from glmv_cli.store.history.records import Asked
from glmv_cli.store.history.writing import HistoryWriter
from glmv_cli.store.registry import Origin, Registry, write_origin
from glmv_cli.units import GIB, MIB

MACHINE = Machine((), 16 * GIB, 12 * GIB, 4)


def models(home: Path, settings: Settings | None = None, machine: Machine = MACHINE) -> Models:
    return read_models({"GLMV_HOME": str(home)}, settings or Settings(), None, machine, home)


def test_settings_are_told_with_their_origin(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('model = "small"\n')
    environ = {"GLMV_HOME": str(tmp_path), "GLMV_THREADS": "3", "GLMV_KERNEL": "int8", "HF_TOKEN": "hf_secret"}
    found, settings, model, threads = read_configuration(environ)
    file = str(tmp_path / "config.toml")
    assert found.settings == (Setting("model", "small", file), Setting("threads", "3", "GLMV_THREADS"))
    assert (settings.model, model, threads) == ("small", file, "GLMV_THREADS")
    assert {variable.name: variable.value for variable in found.variables} == {
        "GLMV_HOME": str(tmp_path),
        "GLMV_KERNEL": "int8",
        "HF_TOKEN": "is set",
    }
    assert (found.exists, found.strangers, found.trouble) == (True, (), None)


def test_settings_that_make_no_sense_are_told_and_defaults_count(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("modle = 1\n")
    found, settings, _, _ = read_configuration({"GLMV_HOME": str(tmp_path)})
    assert found.trouble is not None
    assert found.trouble.hint == "did you mean 'model'?"
    assert settings == Settings()


def test_variables_that_mean_nothing(tmp_path: Path) -> None:
    found, *_ = read_configuration({"GLMV_HOME": str(tmp_path), "GLMV_MODLE": "x", "GLMV_ZZZZZZ": "1"})
    assert found.strangers == (("GLMV_MODLE", "GLMV_MODEL"), ("GLMV_ZZZZZZ", None))


def test_the_history_is_measured(tmp_path: Path) -> None:
    environ = {"GLMV_HOME": str(tmp_path)}
    path = tmp_path / "history.db"
    assert read_history(environ, Settings(history=False)) == Kept(str(path), None, 0, wanted=False)
    writer = HistoryWriter(path)
    writer.begin("ask", None, Asked("demo", False, "What?"))
    writer.close()
    assert read_history(environ, Settings()) == Kept(str(path), path.stat().st_size, 1, wanted=True)
    path.write_text("no database, but longer than the header of one " * 9)
    with pytest.raises(GlmvError, match="history"):
        read_history(environ, Settings())


def test_a_directory_that_is_missing_can_be_made(tmp_path: Path) -> None:
    found = place("models", tmp_path / "a" / "b")
    assert (found.exists, found.writable) == (False, True)
    assert found.free > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not place("models", tmp_path / "models").writable
    tmp_path.chmod(0o700)


def test_below_a_file_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not place("models", tmp_path / "file" / "models").writable


def test_no_home_directory_at_all() -> None:
    assert place("models", None).path is None


def test_both_directories_follow_the_variable(tmp_path: Path) -> None:
    config, kept = read_places({"GLMV_HOME": str(tmp_path)})
    assert (config.path, kept.path) == (str(tmp_path), str(tmp_path / "models"))


def test_the_demo_answers_by_default(tmp_path: Path) -> None:
    assert models(tmp_path) == Models("demo", 0, (), None, None)


def test_a_default_that_is_missing(tmp_path: Path) -> None:
    trouble = models(tmp_path, Settings(model="gone")).trouble
    assert trouble is not None
    assert trouble.message == "unknown model 'gone'"


def test_a_default_that_does_not_fit_comes_with_the_planners_hint(tmp_path: Path) -> None:
    trouble = models(tmp_path, machine=Machine((), GIB, 100 * MIB, 4)).trouble
    assert trouble is not None
    assert trouble.hint


def test_a_model_that_is_kept_gets_an_estimate(tmp_path: Path, demo_directory: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small").symlink_to(demo_directory)
    found = models(tmp_path, Settings(model="small"))
    assert (found.default, found.complete, found.trouble) == ("small", 1, None)
    assert found.rate is not None
    slower = models(tmp_path, Settings(model="small"), Machine((), 16 * GIB, 12 * GIB, 4, cpu_bandwidth=10**9)).rate
    assert slower is not None
    assert slower < found.rate


def test_work_that_was_cut_off_is_told_with_what_ends_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    work = registry.workplace("a")
    work.mkdir(parents=True)
    write_origin(work, Origin("x/a", "main", "c0ffee"))
    quantizing = tmp_path / "out.partial"
    quantizing.mkdir()
    (quantizing / "journal.jsonl").touch()
    (tmp_path / "other.partial").mkdir()  # of another program
    pulled, quantized = models(tmp_path).unfinished
    assert (pulled.finish, pulled.discard) == ("glmv pull x/a --name a", "glmv models remove a")
    assert (quantized.path, quantized.discard) == (str(quantizing), f"rm -r {quantizing}")
    assert quantized.finish == f"glmv quantize SRC {tmp_path / 'out'}"
