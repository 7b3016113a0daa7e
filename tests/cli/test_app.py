from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from PIL import Image

from glmv_cli import __version__
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import FilmOptions, MediaPart, SamplingOptions, SeeingOptions, TextPart
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from tests.cli.fakes import MP4, PNG, Glmv, Keyboard


def test_version(glmv: Glmv) -> None:
    ran = glmv("--version")
    assert (ran.status, ran.stdout) == (0, f"glmv {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ("--help",),
            ("-h",),
            ("describe", "-h"),
            ("ask", "--help"),
            ("plan", "-h"),
            ("quantize", "-h"),
            ("ground", "-h"),
            ("inspect", "-h"),
        ),
        *(("show", "-h"), ("pull", "-h"), ("models", "-h"), ("models", "default", "-h"), ("models", "remove", "-h")),
        *(("history", *command, "-h") for command in ((), ("list",), ("show",), ("search",), ("export",), ("rm",))),
    ],
)
def test_help_fits_an_old_terminal(
    glmv: Glmv,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert glmv(*arguments).status == 0
    shown = capsys.readouterr().out
    assert "Usage: glmv" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("describe", "[OPTIONS] MEDIA..."),
        ("ask", "[OPTIONS] PROMPT"),
        ("ground", "[OPTIONS] IMAGE WHAT"),
        ("plan", "[OPTIONS] [MODEL]"),
        ("quantize", "[OPTIONS] SRC DST"),
        ("pull", "[OPTIONS] HUB_ID"),
        ("models default", "[OPTIONS] NAME"),
        ("history show", "[OPTIONS] [ID]"),
        ("history search", "[OPTIONS] WORD..."),
        ("history rm", "[OPTIONS] [ID...]"),
    ],
)
def test_usage_is_what_one_types(glmv: Glmv, capsys: pytest.CaptureFixture[str], command: str, usage: str) -> None:
    glmv(*command.split(), "--help")
    assert capsys.readouterr().out.splitlines()[0] == f"Usage: glmv {command} {usage}"


def test_help_of_the_program_lists_the_exit_codes(glmv: Glmv, capsys: pytest.CaptureFixture[str]) -> None:
    glmv("--help")
    shown = capsys.readouterr().out
    for code in (0, 1, 2, 65, 66, 69, 70, 74, 75, 130, 141):
        assert f"\n    {code:<4} " in shown


def test_no_command_shows_the_help_as_an_error(glmv: Glmv) -> None:
    ran = glmv()
    assert (ran.status, ran.stdout) == (2, "")
    assert "Usage: glmv" in ran.stderr
    assert "describe" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "named", "command"),
    [
        (("describe",), "MEDIA", "glmv describe"),
        (("ask",), "PROMPT", "glmv ask"),
        (("discribe", "a.png"), "discribe", "glmv"),
        (("describe", "a.png", "--bogus"), "--bogus", "glmv describe"),
        (("describe", "a.png", "-m"), "-m", "glmv"),
        (("describe", "a.png", "--max-tokens", "0"), "--max-tokens", "glmv describe"),
        (("describe", "a.png", "--max-tokens", "many"), "--max-tokens", "glmv describe"),
        (("describe", "a.png", "--temperature", "-0.1"), "--temperature", "glmv describe"),
        (("describe", "a.png", "--temperature", "nan"), "--temperature", "glmv describe"),
        (("describe", "a.png", "--temperature", "inf"), "--temperature", "glmv describe"),
        (("describe", "a.png", "--max-pixels", "0"), "--max-pixels", "glmv describe"),
        (("describe", "a.png", "--show-thinking", "some"), "--show-thinking", "glmv describe"),
        (("ask", "hi", "--seed", "-1"), "--seed", "glmv ask"),
        (("ask", "hi", "--top-k", "-1"), "--top-k", "glmv ask"),
        (("ask", "hi", "--top-p", "0"), "--top-p", "glmv ask"),
        (("ask", "hi", "--top-p", "1.1"), "--top-p", "glmv ask"),
        (("ask", "hi", "--min-p", "nan"), "--min-p", "glmv ask"),
        (("ask", "hi", "--repetition-penalty", "0"), "--repetition-penalty", "glmv ask"),
        (("ask", "hi", "--repetition-penalty", "inf"), "--repetition-penalty", "glmv ask"),
        (("ask", "hi", "--stop", ""), "--stop", "glmv ask"),
        (("ask", "hi", "--think-budget", "-1"), "--think-budget", "glmv ask"),
        (("ask", "hi", "--context", "0"), "--context", "glmv ask"),
        (("ask", "hi", "--seed", str(2**64)), "--seed", "glmv ask"),
    ],
)
def test_a_senseless_command_line_says_where_to_read_on(
    glmv: Glmv, arguments: tuple[str, ...], named: str, command: str
) -> None:
    ran = glmv(*arguments)
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])
    assert ran.stderr.startswith("error: ")
    assert not ran.stderr.startswith(("error: Error", "error: Invalid"))
    assert named in ran.stderr
    assert ran.stderr.endswith(f"\n\nhint: run '{command} --help'\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("describe", "-", "a.png", "-"),
        ("describe", "--together", "-", "-"),
        ("ask", "hi", "-a", "-", "-a", "-"),
        ("ask", "-", "-a", "-"),
    ],
)
def test_standard_input_is_read_only_once(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(*arguments, stdin=PNG)
    assert (ran.status, ran.opened) == (2, [])
    assert "only once" in ran.stderr


@pytest.mark.parametrize("arguments", [("describe", "-"), ("ask", "hi", "-a", "-")])
def test_no_picture_is_expected_from_a_keyboard(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(*arguments, stdin=Keyboard())
    assert (ran.status, ran.opened) == (2, [])
    assert "terminal" in ran.stderr


def test_a_prompt_may_be_typed(glmv: Glmv) -> None:
    assert glmv("ask", "-", stdin=Keyboard(b"How many?\n")).prompts == ["How many?"]


@pytest.mark.parametrize("arguments", [("ask", ""), ("ask", " \n"), ("ask", "-"), ("describe", "a.png", "-p", "")])
def test_an_empty_prompt_is_no_question(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(*arguments)
    assert (ran.status, ran.opened) == (2, [])
    assert "the prompt is empty" in ran.stderr


def test_one_file_gives_one_answer_without_a_heading(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png")
    assert (ran.status, ran.stdout, ran.stderr) == (0, "echo: Describe this image.\n", "")
    assert ran.opened == ["fake"]


def test_several_files_give_several_answers_and_one_loading(glmv: Glmv) -> None:
    ran = glmv("describe", "a.png", "c.mp4", "--no-think")
    assert ran.stdout == ("==> a.png <==\necho: Describe this image.\n\n==> c.mp4 <==\necho: Describe this video.\n")
    assert ran.sources == [("a.png",), ("c.mp4",)]
    assert ran.opened == ["fake"]


@pytest.mark.parametrize(
    ("media", "prompt"),
    [
        (("a.png",), "Describe this image."),
        (("c.mp4",), "Describe this video."),
        (("a.png", "b.png"), "Describe these images."),
        (("c.mp4", "d.mp4"), "Describe these videos."),
        (("a.png", "c.mp4"), "Describe these."),
    ],
)
def test_together_is_one_question(glmv: Glmv, media: tuple[str, ...], prompt: str) -> None:
    ran = glmv("describe", "--together", *media)
    assert (ran.status, ran.stdout) == (0, f"echo: {prompt}\n")
    assert (ran.prompts, ran.sources) == ([prompt], [media])


def test_a_prompt_of_ones_own_is_asked_of_every_file(glmv: Glmv) -> None:
    assert glmv("describe", "a.png", "c.mp4", "-p", "How many?").prompts == ["How many?", "How many?"]


@pytest.mark.parametrize(("data", "prompt"), [(PNG, "Describe this image."), (MP4, "Describe this video.")])
def test_standard_input_is_known_by_its_content(glmv: Glmv, data: bytes, prompt: str) -> None:
    ran = glmv("describe", "-", stdin=data)
    assert (ran.prompts, ran.sources) == ([prompt], [("standard input",)])


def test_an_empty_pipe_is_bad_media(glmv: Glmv) -> None:
    ran = glmv("describe", "-")
    assert (ran.status, ran.opened) == (65, [])
    assert "standard input is empty" in ran.stderr


def test_ask_needs_no_media(glmv: Glmv) -> None:
    ran = glmv("ask", "What can you do?")
    assert (ran.status, ran.stdout) == (0, "echo: What can you do?\n")
    assert ran.sources == [()]


def test_ask_puts_its_attachments_into_one_question_before_the_text(glmv: Glmv) -> None:
    ran = glmv("ask", "Which is larger?", "-a", "a.png", "--attach", "b.png")
    (message,) = ran.session.requests[0].messages
    assert message.role == "user"
    assert [type(part) for part in message.parts] == [MediaPart, MediaPart, TextPart]
    assert ran.sources == [("a.png", "b.png")]


def test_ask_reads_its_prompt_from_standard_input(glmv: Glmv) -> None:
    ran = glmv("ask", "-", "-a", "a.png", stdin="  Où?\n  Là?\r\n".encode())
    assert ran.prompts == ["  Où?\n  Là?"]


def test_a_prompt_that_is_no_text_is_made_text(glmv: Glmv) -> None:
    assert glmv("ask", "caf\udce9?").prompts == ["caf\ufffd?"]


def test_options_reach_the_session(glmv: Glmv) -> None:
    ran = glmv(
        *("describe", "a.png", "--no-think", "--max-tokens", "7"),
        *("--temperature", "0", "--seed", "0", "--max-pixels", "99"),
    )
    (request,) = ran.session.requests
    assert request.think is False
    assert request.sampling == SamplingOptions(max_tokens=7, temperature=0.0, seed=0)
    assert ran.session.max_pixels == [99]


@pytest.mark.parametrize("arguments", [("describe", "a.png"), ("ask", "hi")])
def test_options_of_sampling_reach_the_session_from_both_commands(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(
        *(*arguments, "--top-k", "0", "--top-p", "0.9", "--min-p", "0", "--repetition-penalty", "1.1"),
        *("--stop", "END", "--stop", "\n", "--think-budget", "0", "--context", "4k"),
        *("--gpu-memory", "0", "--cpu-memory", "20GiB"),
    )
    assert ran.session.requests[0].sampling == SamplingOptions(
        top_k=0, top_p=0.9, min_p=0.0, repetition_penalty=1.1, stop=("END", "\n"), think_budget=0
    )
    assert ran.wishes == [Wishes(gpu_memory=0, cpu_memory=20 * 2**30, context=4096)]


@pytest.mark.parametrize("arguments", [("describe", "a.png"), ("ask", "hi")])
def test_what_is_shown_of_pictures_reaches_the_session_from_both_commands(
    glmv: Glmv, arguments: tuple[str, ...]
) -> None:
    ran = glmv(*arguments, "--min-image-tokens", "3", "--max-image-tokens", "9", "--animated", "first")
    assert ran.session.requests[0].seeing == SeeingOptions(3, 9, "first")


@pytest.mark.parametrize("arguments", [("describe", "a.png"), ("ask", "hi")])
def test_what_is_shown_of_films_reaches_the_session_from_both_commands(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    wishes = ("--fps", "0.5", "--max-frames", "7", "--max-video-tokens", "99", "--start", "1:02.5", "--end", "1:00:00")
    ran = glmv(*arguments, *wishes)
    assert ran.session.requests[0].seeing.film == FilmOptions(0.5, 7, 99, 62.5, 3600.0)


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--start", "soon", "'soon' is not a time such as 90, 1:30 or 1:02:03.5"),
        ("--end", "1:75", "'1:75' is not a time"),
        ("--start", "-1", "'-1' is not a time"),
        ("--end", "0", "--end 0 s is not after the start"),
        ("--fps", "0", "not a finite number above 0"),
        ("--fps", "nan", "not a finite number above 0"),
        ("--max-frames", "0", "x>=1"),
    ],
)
def test_parts_and_rates_that_make_no_sense_are_refused(glmv: Glmv, option: str, value: str, complaint: str) -> None:
    ran = glmv("describe", "a.png", option, value)
    assert (ran.status, ran.opened) == (2, [])
    assert ran.stderr.startswith("error: ")
    assert complaint in ran.stderr
    assert "hint: " in ran.stderr


def test_pictures_only_have_no_times(glmv: Glmv) -> None:
    assert "no such option: --start" in glmv("ground", "a.png", "it", "--start", "3").stderr


def test_an_animation_is_asked_about_as_it_is_shown(glmv: Glmv, folder: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:])
    assert glmv("describe", "a.gif").prompts == ["Describe this video."]
    assert glmv("describe", "a.gif", "--animated", "first").prompts[-1:] == ["Describe this image."]


def test_a_picture_may_be_an_address(glmv: Glmv, folder: Path) -> None:
    inline = "data:image/png;base64," + base64.b64encode(PNG * 20).decode()
    ran = glmv("describe", inline, (folder / "a.png").as_uri())
    assert ran.status == 0
    assert ran.stdout.startswith(f"==> {inline[:79]}… <==")
    assert [len(sources) for sources in ran.sources] == [1, 1]


@pytest.mark.parametrize("arguments", [("describe", "a.png"), ("ask", "hi")])
def test_threads_reach_the_session_from_both_commands(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    assert glmv(*arguments, "--threads", "1").threads == [Threads(1, "--threads")]
    environ = {"GLMV_MODEL": str(glmv.checkpoint), "GLMV_THREADS": "1"}
    assert glmv(*arguments, environ=environ).threads == [Threads(1, "GLMV_THREADS")]
    (bound,) = glmv(*arguments, "--pin").threads
    assert len(bound.cpus) == bound.count == 1


@pytest.mark.parametrize("command", ["describe a.png", "ask hi", "quantize in out", "pull a/b"])
@pytest.mark.parametrize(
    ("number", "complaint"),
    [
        ("0", "0 is not in the range"),
        ("abc", "'abc' is not a whole number"),
        ("100000", "--threads asks for 100000 threads"),
    ],
)
def test_a_senseless_number_of_threads_is_explained(glmv: Glmv, command: str, number: str, complaint: str) -> None:
    ran = glmv(*command.split(), "--threads", number)
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])
    assert complaint in ran.stderr
    assert "\nhint: " in ran.stderr


@pytest.mark.parametrize("arguments", [("describe", "a.png"), ("ask", "hi")])
def test_both_commands_have_the_same_defaults(glmv: Glmv, arguments: tuple[str, ...]) -> None:
    ran = glmv(*arguments)
    (request,) = ran.session.requests
    assert (request.think, request.sampling) == (True, SamplingOptions())
    assert ran.session.max_pixels == [DEFAULT_MAX_PIXELS]


def test_thinking_goes_to_stderr_where_it_is_wanted(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", "--show-thinking", "full")
    assert (ran.stdout, ran.stderr) == ("echo: hi\n", "Hm.\n")


def test_the_default_model_says_what_it_is(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", environ={})
    assert ran.opened == ["demo"]
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("note: ")
    assert "drawn shapes only" in ran.stderr


def test_the_model_that_was_asked_for_says_nothing(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", "-m", "demo")
    assert (ran.opened, ran.stderr) == (["demo"], "")


def test_an_unknown_model_is_refused_before_anything_is_read(glmv: Glmv) -> None:
    ran = glmv("describe", "no-such.png", "-m", "no-such-model")
    assert (ran.status, ran.opened) == (69, [])
    assert "no-such-model" in ran.stderr
    assert "no-such.png" not in ran.stderr


def test_json_is_one_object_with_the_prompt_that_was_asked(glmv: Glmv) -> None:
    record = json.loads(glmv("describe", "a.png", "--json").stdout)
    assert record["model"] == "fake"
    assert record["source"] == "a.png"
    assert record["prompt"] == "Describe this image."
    assert record["answer"] == "echo: Describe this image."


def test_json_of_several_files_is_a_line_each_with_its_own_prompt(glmv: Glmv) -> None:
    lines = glmv("describe", "a.png", "c.mp4", "--json").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["source"] for record in records] == ["a.png", "c.mp4"]
    assert [record["prompt"] for record in records] == ["Describe this image.", "Describe this video."]


def test_json_of_one_question_about_several_files_names_them_all(glmv: Glmv) -> None:
    record = json.loads(glmv("describe", "--together", "a.png", "c.mp4", "--json").stdout)
    assert record["source"] == "a.png, c.mp4"


def test_json_of_a_question_about_nothing_has_no_source(glmv: Glmv) -> None:
    assert json.loads(glmv("ask", "hi", "--json").stdout)["source"] is None
