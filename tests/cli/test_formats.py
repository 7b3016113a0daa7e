"""In which form answers are written, and where."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.output_file import OutputFile
from glmv_cli.errors import MediaError, MemoryShortageError
from tests.cli.fakes import FakeSession, Glmv

CODE = "this:\n\n```\nprint(1)\n```\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "--jsonl"),
        ("--jsonl", "--format", "{answer}"),
        ("--format", "{anwser}"),
        ("--extract", "prose"),
        ("--extract", "code", "--json"),
        ("-o", "."),
    ],
)
def test_a_senseless_form_is_refused_before_a_model_is_loaded(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv("ask", "hi", *arguments)
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])


def test_json_lines_are_lines_for_one_answer_too(glmv: Glmv) -> None:
    assert json.loads(glmv("describe", "a.png", "--jsonl").stdout)["answer"] == "echo: Describe this image."
    lines = glmv("describe", "b.png", "no-such.png", "--jsonl").stdout.splitlines()[1:]
    assert {json.loads(line)["source"] for line in lines} == {"b.png", "no-such.png"}


def test_a_template(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "c.mp4", "--format", r"{source}\t{answer}")
    assert ran.stdout == "a.png\techo: Describe this image.\nc.mp4\techo: Describe this video.\n"


def test_code_alone(glmv: Glmv) -> None:
    assert glmv("ask", CODE, "--extract", "code").stdout == "print(1)\n"


def test_without_code_there_is_an_error_and_no_output(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", "--extract", "code")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: the answer has no code block\n")


def test_quiet_leaves_errors_only(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "no-such.png", "-q", environ={})
    assert ran.stderr.startswith("error: ")
    assert "note:" not in ran.stderr


def test_verbose_tells_what_an_answer_cost(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "b.png", "-v")
    assert ran.stderr.count("prefill      9 tokens in 0.10 s, 90.0 a second\n") == 2
    assert "prefill" not in ran.stdout


def test_an_answer_in_a_file(glmv: Glmv, folder: Path) -> None:
    ran = glmv("ask", "hi", "-o", "out.txt")
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")
    assert Path("out.txt").read_text() == "echo: hi\n"
    assert not Path("out.txt.partial").exists()


def test_a_file_is_replaced_and_keeps_its_permissions(glmv: Glmv, folder: Path) -> None:
    Path("out.txt").write_text("old and longer than what comes")
    Path("out.txt").chmod(0o600)
    Path("link.txt").symlink_to("out.txt")
    assert glmv("ask", "é", "-o", "link.txt").status == 0
    assert Path("link.txt").is_symlink()
    assert Path("out.txt").read_text("utf-8") == "echo: é\n"
    assert Path("out.txt").stat().st_mode & 0o777 == 0o600


def test_a_dash_is_standard_output(glmv: Glmv) -> None:
    assert glmv("ask", "hi", "-o", "-").stdout == "echo: hi\n"


def test_what_is_no_file_is_written_to(glmv: Glmv) -> None:
    assert glmv("ask", "hi", "-o", os.devnull).status == 0
    assert not Path(f"{os.devnull}.partial").exists()


def test_an_answer_that_fails_leaves_the_file_alone(glmv: Glmv, folder: Path) -> None:
    Path("out.txt").write_text("old")
    glmv.session = FakeSession({"a.png": MemoryShortageError("not enough memory")}, after=True)
    ran = glmv("describe", "a.png", "-o", "out.txt")
    assert (ran.status, Path("out.txt").read_text()) == (75, "old")
    assert Path("out.txt.partial").read_text() == "echo:\n"
    assert ran.stderr.endswith("note: what has come is in out.txt.partial\n")


def test_what_is_left_for_a_link_lies_beside_its_target(glmv: Glmv, folder: Path) -> None:
    (folder / "there").mkdir()
    Path("out.txt").symlink_to("there/answer.txt")
    glmv.session = FakeSession({"a.png": MediaError("broken")}, after=True)
    ran = glmv("describe", "a.png", "-o", "out.txt")
    left = folder / "there" / "answer.txt.partial"
    assert left.read_text() == "echo:\n"
    assert ran.stderr.endswith(f"note: what has come is in {left.resolve()}\n")


def test_a_link_in_the_place_of_what_is_written_is_not_followed(glmv: Glmv, folder: Path) -> None:
    Path("precious").write_text("mine")
    Path("out.txt.partial").symlink_to("precious")
    ran = glmv("describe", "a.png", "-o", "out.txt")
    assert (ran.status, Path("precious").read_text()) == (1, "mine")
    assert "out.txt.partial is a link, and is not written to" in ran.stderr
    assert not ran.opened


def test_a_picture_is_not_replaced_by_what_is_said_of_it(glmv: Glmv, folder: Path) -> None:
    before = Path("a.png").read_bytes()
    ran = glmv("describe", "b.png", "a.png", "-o", "a.png")
    assert (ran.status, Path("a.png").read_bytes(), ran.opened) == (2, before, [])
    assert "error: -o a.png would replace what is asked about" in ran.stderr
    assert not Path("a.png.partial").exists()


def test_two_commands_do_not_write_to_one_file(glmv: Glmv, folder: Path) -> None:
    with OutputFile(Environment.of_process(), "out.txt") as file:
        file.environment.output.to_stdout("first\n")
        ran = glmv("describe", "a.png", "-o", "out.txt")
        file.commit()
    assert (ran.status, ran.stderr.splitlines()[0]) == (1, "error: another glmv writes to out.txt")
    assert Path("out.txt").read_text() == "first\n"


def test_an_answer_that_never_began_leaves_nothing(glmv: Glmv, folder: Path) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged")})
    assert glmv("describe", "a.png", "-o", "out.txt").status == 65
    assert not list(folder.glob("out.txt*"))


def test_a_file_in_no_folder_is_told_before_a_model_is_loaded(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", "-o", "no/such/folder.txt")
    assert (ran.status, ran.opened) == (1, [])
    assert ran.stderr.startswith("error: no/such/folder.txt cannot be written: no such file or directory\n")
