"""``glmv plan``: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmv_cli.units import GIB
from tests.cli.fakes import Glmv
from tests.placement.machines import CONFIGS

CONFIG = str(CONFIGS / "glm-4.5v.json")
NO_GPU = ("--gpus", "none", "--memory", "128GiB")


def record(glmv: Glmv, *arguments: str) -> dict[str, Any]:
    ran = glmv("plan", *arguments, "--json")
    assert (ran.status, ran.stderr, ran.opened) == (0, "", [])
    content: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])  # it keeps what came before
    return content


def test_a_config_alone_is_enough(glmv: Glmv) -> None:
    plan = record(glmv, CONFIG, *NO_GPU)
    assert plan["model"] == "glm-4.5v"
    assert plan["parameters"] == 107_710_933_120
    assert len(plan["plan"]["layers"]) == 46


def test_a_speed_says_what_it_assumes(glmv: Glmv) -> None:
    told = "assumed, not measured: 40 GB/s from main memory"
    assert f"{told}\n" in glmv("plan", CONFIG, *NO_GPU).stdout
    here = glmv("plan", "demo", environ={"CUDA_VISIBLE_DEVICES": ""}).stdout
    assert f"{told}; 'glmv doctor' measures main memory\n" in here


def test_a_directory_with_a_config_and_without_weights_is_enough(glmv: Glmv, folder: Path) -> None:
    directory = folder / "GLM-4.5V"
    directory.mkdir()
    (directory / "config.json").write_text(Path(CONFIG).read_text())
    assert record(glmv, str(directory), *NO_GPU)["model"] == "GLM-4.5V"
    assert record(glmv, str(directory / "config.json"), *NO_GPU)["model"] == "GLM-4.5V"


def test_a_model_is_found_by_name_and_by_default(glmv: Glmv) -> None:
    assert record(glmv, "demo")["model"] == "demo"
    ran = glmv("plan", "--json", environ={})
    assert '"model":"demo"' in ran.stdout


def test_weights_that_are_cut_short_are_named(glmv: Glmv, folder: Path, demo_directory: Path) -> None:
    directory = folder / "cut"
    directory.mkdir()
    (directory / "config.json").write_bytes((demo_directory / "config.json").read_bytes())
    (directory / "model.safetensors").write_bytes((demo_directory / "model.safetensors").read_bytes()[:-1])
    ran = glmv("plan", str(directory))
    assert (ran.status, ran.stdout) == (69, "")
    assert "model.safetensors is cut short" in ran.stderr


def test_this_machine_is_planned_for_where_nothing_else_is_said(glmv: Glmv) -> None:
    machine = record(glmv, "demo")["machine"]
    assert not machine["simulated"]
    assert record(glmv, "demo", "--memory", "64GiB")["machine"] == machine | {
        "memory": 64 * GIB,
        "available": 62 * GIB,
        "simulated": True,
    }


def test_limits_and_context_reach_the_plan(glmv: Glmv) -> None:
    limits = ("--gpu-memory", "20GiB", "--cpu-memory", "40GiB", "--context", "8k")
    plan = record(glmv, CONFIG, "--gpus", "80GiB", "--memory", "128GiB", *limits)["plan"]
    assert [tier["capacity"] for tier in plan["tiers"][:2]] == [20 * GIB, 40 * GIB]
    assert plan["context"] == 8192


def test_settings_of_the_environment_count_too(glmv: Glmv) -> None:
    environ = {"GLMV_CONTEXT": "4k", "GLMV_MODEL": "demo"}
    ran = glmv("plan", CONFIG, *NO_GPU, "--json", environ=environ)
    assert json.loads(ran.stdout)["plan"]["context"] == 4096


def test_the_text_says_where_why_and_how_fast(glmv: Glmv) -> None:
    ran = glmv("plan", CONFIG, "--gpus", "24GiB", "--memory", "64GiB")
    assert (ran.status, ran.stderr) == (0, "")
    for part in ("107.7 B parameters", "\ncuda:0 ", "\nvision tower ", "\nwhy ", "tokens/s", "not measured"):
        assert part in ran.stdout
    assert "\x1b" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100


def test_too_little_memory_has_an_exit_code_and_a_hint(glmv: Glmv) -> None:
    ran = glmv("plan", CONFIG, "--gpus", "none", "--memory", "24GiB", "--context", "64k")
    assert (ran.status, ran.stdout) == (75, "")
    assert ran.stderr.startswith("error: with a context of 65,536 tokens")
    assert "\n\nhint: --context " in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--gpu-memory", "lots"), "'--gpu-memory': 'lots' is not a size such as 20GiB"),
        (("--gpus", "24GiB,many"), "'--gpus': 'many' is not a size"),
        (("--gpus", ""), "'--gpus': '' is not a size"),
        (("--memory", "-1GiB"), "'--memory': '-1GiB' is not a size"),
        (("--context", "0"), "'--context'"),
        (("--context", "32kB"), "'32kB' is not a number such as 32768 or 32k"),
        (("--context", "1M"), "at most 65,536 tokens"),
    ],
)
def test_a_senseless_setting_is_explained(glmv: Glmv, arguments: tuple[str, ...], complaint: str) -> None:
    ran = glmv("plan", CONFIG, *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert complaint in ran.stderr


@pytest.mark.parametrize(("name", "complaint"), [("missing.json", "unknown model"), ("text.json", "cannot read")])
def test_what_is_no_config_is_refused(glmv: Glmv, folder: Path, name: str, complaint: str) -> None:
    (folder / "text.json").write_text("just text")
    ran = glmv("plan", name)
    assert (ran.status, ran.stdout) == (69, "")
    assert complaint in ran.stderr
