"""``glmv doctor``: its two forms, and how it ends."""

from __future__ import annotations

import json

import pytest

from glmv_cli.doctor import speeds
from glmv_cli.units import MIB
from tests.cli.fakes import Glmv


@pytest.fixture(autouse=True)
def small_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "_MOST", 64 * MIB)


def test_the_report_goes_to_stdout(glmv: Glmv) -> None:
    ran = glmv("doctor", environ={})
    assert (ran.status, ran.stderr, ran.opened) == (0, "", [])
    assert ran.stdout.startswith("kernel ")
    assert "demo answers by default" in ran.stdout


def test_what_prevents_an_answer_is_in_the_exit_code(glmv: Glmv) -> None:
    ran = glmv("doctor", environ={"GLMV_MODEL": "gone"})
    assert (ran.status, ran.stderr) == (1, "")
    assert "\nerror: the default model cannot answer: unknown model 'gone'; GLMV_MODEL names it\nhint: " in ran.stdout


def test_a_broken_configuration_file_is_told_not_met(glmv: Glmv) -> None:
    glmv.home.mkdir()
    (glmv.home / "config.toml").write_text("colour = 1\n")
    ran = glmv("doctor", "--json", environ={})
    assert (ran.status, ran.stderr) == (1, "")
    record = json.loads(ran.stdout)
    assert record["ok"] is False
    assert "there is no setting 'colour'" in record["findings"][0]["what"]
    assert record["models"]["default"] == "demo"
