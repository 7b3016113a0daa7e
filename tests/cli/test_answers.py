from __future__ import annotations

import json

import pytest

from glmv_cli.errors import InputNotFoundError, MediaError, MemoryShortageError, ModelError
from tests.cli.fakes import FakeSession, Glmv


@pytest.mark.parametrize(
    ("name", "status", "what"),
    [
        ("no-such.png", 66, "does not exist"),
        ("fake", 66, "is a directory without pictures"),
        ("empty.png", 65, "is empty"),
        ("text.png", 65, "neither a picture nor a film"),
    ],
)
def test_a_bad_input_is_told_without_loading_a_model(glmv: Glmv, name: str, status: int, what: str) -> None:
    ran = glmv("describe", name)
    assert (ran.status, ran.stdout, ran.opened) == (status, "", [])
    assert ran.stderr.startswith(f"error: {name} ")
    assert what in ran.stderr
    assert "\n\nhint: " in ran.stderr


def test_a_model_that_only_reads_is_not_loaded_for_a_picture(glmv: Glmv) -> None:
    (glmv.checkpoint / "config.json").write_text('{"model_type": "glm4_moe"}')
    ran = glmv("describe", "a.png")
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])
    assert "reads text only" in ran.stderr
    assert "GLM-4.5V" in ran.stderr
    assert glmv("ask", "hi").opened == ["fake"]


def test_bad_inputs_are_all_told(glmv: Glmv) -> None:
    ran = glmv("describe", "no-such.png", "empty.png")
    assert (ran.status, ran.opened) == (66, [])
    assert ran.stderr.count("error: ") == 2


def test_one_bad_input_does_not_stop_the_others(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "no-such.png", "b.png")
    assert ran.status == 66
    assert ran.stdout == ("==> a.png <==\necho: Describe this image.\n\n==> b.png <==\necho: Describe this image.\n")
    assert ran.stderr.startswith("error: no-such.png does not exist\n")


def test_an_input_that_turns_out_to_be_damaged_does_not_stop_the_others(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged", hint="copy it again")})
    ran = glmv("describe", "a.png", "b.png")
    assert (ran.status, ran.stderr) == (65, "error: a.png is damaged\n\nhint: copy it again\n")
    assert ran.stdout == "==> b.png <==\necho: Describe this image.\n"


def test_the_first_failure_decides_about_the_exit_code(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged"), "b.png": InputNotFoundError("b.png is gone")})
    assert glmv("describe", "a.png", "b.png").status == 65
    assert glmv("describe", "b.png", "a.png").status == 66


@pytest.mark.parametrize(
    "arguments", [("describe", "--together", "a.png", "no-such.png"), ("ask", "hi", "-a", "no-such.png")]
)
def test_a_question_with_a_bad_input_is_not_asked(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(*arguments)
    assert (ran.status, ran.stdout, ran.opened) == (66, "", [])


def test_everything_wrong_with_one_question_is_told(glmv: Glmv) -> None:
    ran = glmv("describe", "--together", "empty.png", "no-such.png")
    assert ran.status == 65
    assert ran.stderr.count("error: ") == 2


def test_an_answer_that_fails_in_the_middle_keeps_what_came(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MemoryShortageError("not enough memory")}, after=True)
    ran = glmv("describe", "a.png", "b.png")
    assert ran.status == 75
    assert ran.stdout == "==> a.png <==\necho:\n\n==> b.png <==\necho: Describe this image.\n"


def test_json_has_a_line_for_what_failed(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "no-such.png", "--json")
    records = {record["source"]: record for record in map(json.loads, ran.stdout.splitlines())}
    assert records["a.png"]["answer"] == "echo: Describe this image."
    assert records["no-such.png"]["error"]["exit_code"] == 66


def test_json_of_a_single_failure_is_an_object_too(glmv: Glmv) -> None:
    record = json.loads(glmv("describe", "no-such.png", "--json").stdout)
    assert (record["source"], record["error"]["exit_code"]) == ("no-such.png", 66)


def test_standard_input_has_the_same_name_whether_or_not_it_can_be_used(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "-", "--json", stdin=b"text")
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [record["source"] for record in records] == ["standard input", "a.png"]


def test_a_model_that_cannot_be_loaded(glmv: Glmv) -> None:
    glmv.load_failure = ModelError("a shard is missing", hint="copy the checkpoint again")
    ran = glmv("describe", "a.png")
    assert (ran.status, ran.stdout) == (69, "")
    assert ran.stderr == "error: a shard is missing\n\nhint: copy the checkpoint again\n"


def test_what_the_system_refuses_is_no_failure_to_write(glmv: Glmv) -> None:
    glmv.load_failure = OSError(5, "Input/output error", "model.safetensors")
    ran = glmv("describe", "a.png")
    assert ran.status == 1
    assert ran.stderr == "error: the operating system refuses: Input/output error (model.safetensors)\n"


def test_every_answer_is_closed(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged")}, after=True)
    assert glmv("describe", "a.png", "b.png").session.closed == 2
