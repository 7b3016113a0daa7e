from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.events import AnswerDelta, Box, Finished, Notice, Offloaded, ThinkingDelta, Timings, Usage
from glmv_cli.render.json_lines import JsonLinesRenderer
from glmv_cli.render.output import Output
from glmv_cli.render.renderer import Renderer


def finished(thinking: str = "I see.", answer: str = "A cat.") -> Finished:
    return Finished(
        thinking=thinking,
        answer=answer,
        boxes=(Box(1, 2, 3, 4),),
        finish_reason="stop",
        usage=Usage(9, 4, 0, 2, 3),
        timings=Timings(1.5, 0.25, 0.1234567891, 0.5, 2.0, 12.0),
    )


class Console:
    """Byte streams behind text streams, as a process has them."""

    def __init__(self, *, tty: bool = False, encoding: str = "utf-8") -> None:
        self._stdout, self._stderr = io.BytesIO(), io.BytesIO()
        self.output = Output(
            io.TextIOWrapper(self._stdout, encoding=encoding, newline=""),
            io.TextIOWrapper(self._stderr, encoding=encoding, newline=""),
            stdout_is_tty=tty,
            stderr_is_tty=tty,
            color=False,
        )

    @property
    def stdout(self) -> str:
        return self._stdout.getvalue().decode("utf-8")

    @property
    def stderr(self) -> str:
        return self._stderr.getvalue().decode("utf-8")


def answer_all(renderer: Renderer, *answers: tuple[str | None, Finished]) -> None:
    for source, event in answers:
        renderer.begin(source)
        renderer.handle(Notice("a demo"))
        renderer.handle(ThinkingDelta(event.thinking))
        renderer.handle(AnswerDelta(event.answer))
        renderer.handle(event)
    renderer.close()


def test_an_answer_is_one_line_with_the_documented_keys_in_order() -> None:
    console = Console()
    answer_all(JsonLinesRenderer(console.output, "demo", "What?"), ("a.png", finished()))
    assert console.stdout == (
        '{"model":"demo","source":"a.png","prompt":"What?","thinking":"I see.","answer":"A cat.",'
        '"boxes":[{"x1":1,"y1":2,"x2":3,"y2":4}],"finish_reason":"stop",'
        '"usage":{"prompt_tokens":9,"image_tokens":4,"video_tokens":0,"thinking_tokens":2,"answer_tokens":3,"cached_tokens":0},'
        '"timings":{"load_s":1.5,"encode_s":0.25,"prefill_s":0.123457,"first_token_s":0.5,"decode_s":2.0,'
        '"decode_tokens_per_s":12.0}}\n'
    )
    assert console.stderr == "note: a demo\n"


def test_a_model_that_did_not_fit_says_what_it_moved() -> None:
    console = Console()
    moved = replace(finished(), offloaded=Offloaded(3, 1, 1000, 0, 0, 0))
    answer_all(JsonLinesRenderer(console.output, "demo", "What?"), (None, moved))
    assert json.loads(console.stdout)["offload"] == {
        "disk_hits": 3, "disk_misses": 1, "bytes_read": 1000, "gpu_hits": 0, "gpu_misses": 0, "bytes_uploaded": 0,
        "disk_hit_ratio": 0.75,
    }  # fmt: skip


def test_a_person_at_a_terminal_gets_it_indented() -> None:
    console = Console(tty=True)
    answer_all(JsonLinesRenderer(console.output, "demo", "What?"), (None, finished()))
    assert console.stdout.startswith('{\n  "model": "demo",\n  "source": null,\n')
    assert json.loads(console.stdout)["answer"] == "A cat."


@pytest.mark.parametrize("tty", [False, True])
def test_several_answers_are_one_line_each(tty: bool) -> None:
    console = Console(tty=tty)
    renderer = JsonLinesRenderer(console.output, "demo", "What?", several=True)
    answer_all(renderer, ("a.png", finished()), ("b.png", finished(answer="two\nlines")))
    records = [json.loads(line) for line in console.stdout.splitlines()]
    assert [(record["source"], record["answer"]) for record in records] == [
        ("a.png", "A cat."),
        ("b.png", "two\nlines"),
    ]


def test_among_several_a_failed_source_has_its_line() -> None:
    console = Console()
    renderer = JsonLinesRenderer(console.output, "demo", "What?", several=True)
    renderer.begin("bad.png")
    renderer.fail(MediaError("bad.png is empty", "choose another"))
    renderer.begin("gone.png")
    renderer.fail(InputNotFoundError("no such file: gone.png"))
    answer_all(renderer, ("a.png", finished()))
    bad, gone, good = console.stdout.splitlines()
    assert bad == ('{"source":"bad.png","error":{"message":"bad.png is empty","hint":"choose another","exit_code":65}}')
    assert json.loads(gone)["error"] == {
        "message": "no such file: gone.png",
        "hint": None,
        "exit_code": 66,
    }
    assert json.loads(good)["source"] == "a.png"
    assert console.stderr.startswith("error: bad.png is empty\n\nhint: choose another\n")


def test_a_single_failure_is_an_object_too() -> None:
    console = Console()
    renderer = JsonLinesRenderer(console.output, "demo", "What?")
    renderer.begin("bad.png")
    renderer.fail(MediaError("bad.png is empty"))
    renderer.close()
    assert json.loads(console.stdout)["error"]["message"] == "bad.png is empty"
    assert console.stderr == "error: bad.png is empty\n"


def test_text_is_not_escaped_for_a_utf8_stream() -> None:
    console = Console()
    answer_all(JsonLinesRenderer(console.output, "demo", "猫?"), (None, finished(answer="é 😀")))
    assert '"prompt":"猫?"' in console.stdout
    assert '"answer":"é 😀"' in console.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gbk"])
def test_on_any_other_stream_it_is_ascii(encoding: str) -> None:
    console = Console(encoding=encoding)
    answer_all(JsonLinesRenderer(console.output, "demo", "猫?"), (None, finished(answer="é 😀")))
    assert console.stdout.isascii()
    assert json.loads(console.stdout)["answer"] == "é 😀"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_file_name_that_is_no_utf8_is_still_valid_json(encoding: str) -> None:
    console = Console(encoding=encoding)
    answer_all(JsonLinesRenderer(console.output, "demo", "What?"), ("caf\udce9.png", finished()))
    assert json.loads(console.stdout)["source"] == "caf\ufffd.png"


CASES: list[Callable[[], Console]] = [Console, lambda: Console(tty=True), lambda: Console(encoding="latin-1")]


@settings(deadline=None)
@given(text=st.text(), make=st.sampled_from(CASES))
def test_any_text_comes_back_and_none_steers_the_terminal(text: str, make: Callable[[], Console]) -> None:
    console = make()
    answer_all(JsonLinesRenderer(console.output, "demo", text), (None, finished(text, text)))
    record = json.loads(console.stdout)
    assert record["prompt"] == record["thinking"] == record["answer"] == text
    assert not any(c < " " or "\x7f" <= c <= "\x9f" for c in console.stdout.replace("\n", ""))


def test_line_separators_do_not_break_a_line() -> None:
    console = Console()
    renderer = JsonLinesRenderer(console.output, "demo", "What?", several=True)
    answer_all(renderer, (None, finished(answer="a\u2028b\u2029c\x85d")))
    (line,) = console.stdout.splitlines()
    assert json.loads(line)["answer"] == "a\u2028b\u2029c\x85d"
