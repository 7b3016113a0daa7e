from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmv_cli.store.config_file import read_config
from tests.cli.fakes import Glmv, Keyboard


@pytest.fixture
def home(glmv: Glmv) -> Path:
    """A home with the model glm-4.5v from a hub, one called odd without JSON in it, and an unfinished download."""
    for name, config in (("glm-4.5v", '{"model_type": "glm4v_moe"}'), ("odd", "none")):
        directory = glmv.home / "models" / name
        directory.mkdir(parents=True)
        (directory / "config.json").write_text(config)
    manifest = {"source": "zai-org/GLM-4.5V", "revision": "c0ffee"}
    (glmv.home / "models" / "glm-4.5v" / "manifest.json").write_text(json.dumps(manifest))
    begun = glmv.home / "models" / ".incomplete" / "glm-4.6v"
    begun.mkdir(parents=True)
    (begun / "glmv-origin.json").write_text('{"repo": "zai-org/GLM-4.6V", "revision": "main", "commit": "c0ffee"}')
    (begun / "x").write_bytes(bytes(3 << 20))
    return glmv.home


def names(table: str) -> dict[str, str]:
    """First column that is not the mark → the whole line."""
    return {line.removeprefix("*").split()[0]: line for line in table.splitlines()[1:]}


def test_at_first_there_is_the_demo(glmv: Glmv) -> None:
    ran = glmv("models", environ={})
    assert (ran.status, ran.stderr, ran.opened) == (0, "", [])
    lines = names(ran.stdout)
    assert list(lines) == ["demo"]
    assert lines["demo"].startswith("* ")
    assert lines["demo"].endswith("built in")
    assert not glmv.home.exists()


def test_everything_that_is_kept_is_listed(glmv: Glmv, home: Path) -> None:
    lines = names(glmv("models", environ={}).stdout)
    assert list(lines) == ["glm-4.5v", "odd", "demo", "glm-4.6v"]
    assert lines["glm-4.5v"].endswith("zai-org/GLM-4.5V")
    assert lines["odd"].split()[1] == "-"
    assert lines["glm-4.6v"].endswith("3.0 MiB  zai-org/GLM-4.6V, unfinished")


@pytest.mark.parametrize("chosen", ["glm-4.5v", "GLM-4.5V", "zai-org/GLM-4.5V"])
def test_the_default_is_marked(glmv: Glmv, home: Path, chosen: str) -> None:
    lines = names(glmv("models", environ={"GLMV_MODEL": chosen}).stdout)
    assert [name for name, line in lines.items() if line.startswith("*")] == ["glm-4.5v"]


def test_a_default_elsewhere_is_listed_first(glmv: Glmv, home: Path) -> None:
    lines = glmv("models").stdout.splitlines()
    assert lines[1].split()[:2] == ["*", str(glmv.checkpoint)]


def test_a_default_that_is_gone_is_no_reason_not_to_list(glmv: Glmv, home: Path) -> None:
    lines = names(glmv("models", environ={"GLMV_MODEL": "gone"}).stdout)
    assert not any(line.startswith("*") for line in lines.values())


def test_json_is_a_line_a_model(glmv: Glmv, home: Path) -> None:
    rows = [json.loads(line) for line in glmv("models", "--json", environ={}).stdout.splitlines()]
    assert rows[0] == {
        "name": "glm-4.5v",
        "default": False,
        "complete": True,
        "model_type": "glm4v_moe",
        "bytes": 79,
        "source": "zai-org/GLM-4.5V",
        "commit": "c0ffee",
        "directory": str(home / "models" / "glm-4.5v"),
    }
    assert [(row["name"], row["complete"]) for row in rows[1:]] == [("odd", True), ("demo", True), ("glm-4.6v", False)]


def test_a_model_that_is_kept_answers_by_its_name(glmv: Glmv, home: Path) -> None:
    assert glmv("ask", "hi", "-m", "GLM-4.5V").opened == ["glm-4.5v"]


@pytest.mark.parametrize("name", ["glm-4.5v", "zai-org/GLM-4.5V"])
def test_the_default_is_written_and_then_answers(glmv: Glmv, home: Path, name: str) -> None:
    (home / "config.toml").write_text("# mine\nmax_tokens = 9\n")
    ran = glmv("models", "default", name, environ={})
    assert (ran.status, ran.stdout) == (0, "")
    assert ran.stderr == "note: glm-4.5v is the default model now\n"
    assert (home / "config.toml").read_text() == '# mine\nmax_tokens = 9\nmodel = "glm-4.5v"\n'
    ran = glmv("ask", "hi", environ={})
    assert (ran.opened, ran.stderr) == (["glm-4.5v"], "")
    assert ran.session.requests[0].sampling.max_tokens == 9


def test_a_directory_can_be_the_default(glmv: Glmv) -> None:
    glmv("models", "default", "fake", environ={})
    assert read_config(glmv.home / "config.toml") == {"model": str(glmv.checkpoint)}


def test_a_default_that_a_variable_overrides_says_so(glmv: Glmv) -> None:
    assert "GLMV_MODEL is set" in glmv("models", "default", "demo").stderr


def test_an_unknown_default_is_refused(glmv: Glmv, home: Path) -> None:
    ran = glmv("models", "default", "glm-4.5", environ={})
    assert ran.status == 69
    assert "did you mean 'glm-4.5v'?" in ran.stderr
    assert not (home / "config.toml").exists()


@pytest.mark.parametrize(
    ("answer", "gone"), [(b"y\n", True), (b"YES\n", True), (b"\n", False), (b"n\n", False), (b"", False)]
)
def test_removing_asks(glmv: Glmv, home: Path, answer: bytes, gone: bool) -> None:
    ran = glmv("models", "remove", "glm-4.5v", stdin=Keyboard(answer), environ={})
    assert ran.stderr.startswith(f"remove glm-4.5v, 79 B in {home / 'models' / 'glm-4.5v'}? [y/N] ")
    assert (home / "models" / "glm-4.5v").exists() == (not gone)
    assert (ran.status, ran.stdout) == (0 if gone else 1, "")


def test_without_a_terminal_nothing_is_removed_unless_it_is_confirmed(glmv: Glmv, home: Path) -> None:
    ran = glmv("models", "remove", "glm-4.5v", stdin=b"y\n", environ={})
    assert ran.status == 2
    assert "--yes" in ran.stderr
    assert (home / "models" / "glm-4.5v").exists()
    assert glmv("models", "remove", "glm-4.5v", "--yes", environ={}).status == 0
    assert list(names(glmv("models", environ={}).stdout)) == ["odd", "demo", "glm-4.6v"]


def test_an_unfinished_model_can_be_removed(glmv: Glmv, home: Path) -> None:
    assert glmv("models", "remove", "glm-4.6v", "-y", environ={}).status == 0
    assert list((home / "models" / ".incomplete").iterdir()) == []


@pytest.mark.parametrize("chosen", ["glm-4.5v", "zai-org/glm-4.5V"])
def test_removing_the_default_makes_the_demo_the_default(glmv: Glmv, home: Path, chosen: str) -> None:
    (home / "config.toml").write_text(f'model = "{chosen}"')
    ran = glmv("models", "remove", "glm-4.5v", "-y", environ={})
    assert "now 'demo' is" in ran.stderr
    assert read_config(home / "config.toml") == {}


@pytest.mark.parametrize(
    ("name", "status", "what"),
    [
        ("demo", 2, "is built in"),
        ("fake", 69, "is not in the directory of models"),
        ("..", 69, "is not a checkpoint"),
        ("glm-4.5", 69, "did you mean 'glm-4.5v'?"),
    ],
)
def test_nothing_else_can_be_removed(glmv: Glmv, home: Path, name: str, status: int, what: str) -> None:
    ran = glmv("models", "remove", name, "-y", environ={})
    assert ran.status == status
    assert what in ran.stderr
    assert (glmv.checkpoint / "config.json").exists()


def test_a_configuration_that_makes_no_sense_stops_every_command_that_needs_it(glmv: Glmv, home: Path) -> None:
    (home / "config.toml").write_text("max_token = 9\n")
    for arguments in (("models",), ("ask", "hi"), ("describe", "a.png")):
        ran = glmv(*arguments)
        assert (ran.status, ran.opened) == (2, [])
        assert ran.stderr == (
            f"error: {home / 'config.toml'}: there is no setting 'max_token'\n\nhint: did you mean 'max_tokens'?\n"
        )


def test_a_wrong_variable_is_told(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", environ={"GLMV_THINK": "perhaps"})
    assert (ran.status, ran.stderr.splitlines()[0]) == (2, "error: GLMV_THINK must be true or false, not 'perhaps'")


def test_settings_come_from_everywhere(glmv: Glmv, home: Path) -> None:
    (home / "config.toml").write_text('model = "glm-4.5v"\nmax_tokens = 1\nmax_pixels = 1\nthink = true\n')
    ran = glmv("ask", "hi", "--max-tokens", "3", environ={"GLMV_MAX_TOKENS": "2", "GLMV_THINK": "no"})
    (request,) = ran.session.requests
    assert (ran.opened, request.think, request.sampling.max_tokens) == (["glm-4.5v"], False, 3)
    assert ran.session.max_pixels == [1]


def test_who_names_a_model_that_is_gone_is_told(glmv: Glmv, home: Path) -> None:
    (home / "config.toml").write_text('model = "gone"\n')
    assert f"unknown model 'gone'; {home / 'config.toml'} names it" in glmv("ask", "hi", environ={}).stderr
