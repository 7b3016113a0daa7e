"""The commands with the real demo model: right answers, and every kind of bad input, from argument to exit code."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.program import run
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from glmv_cli.render.output import Output
from glmv_cli.session import Session
from tests.media.documents import encrypted, page_objects, pdf_of
from tests.media.films import write_sound
from tools.demo_model.grading import iou

pytestmark = pytest.mark.usefixtures("default_kernel")

EXAMPLES = Path(__file__).parent.parent / "examples"
SHAPES = EXAMPLES / "shapes.png"
FILM = EXAMPLES / "film.mp4"
ANSWER = (
    "There are 3 shapes on a gray background: a yellow star at the top left, a red circle at the center "
    "and a blue square at the bottom right.\n"
)


@dataclass(frozen=True)
class Ran:
    status: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def opened() -> dict[Path, Session]:
    return {}


@pytest.fixture
def glmv(opened: dict[Path, Session], glmv_home: Path) -> Callable[..., Ran]:
    """Runs a command line in this process; every model is loaded once for the whole file."""

    def open_session(directory: Path, name: str, wishes: Wishes, threads: Threads) -> AnsweringSession:
        if directory not in opened:
            opened[directory] = Session.open(directory, name)
        return opened[directory]

    def ran(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        stdout, stderr = io.StringIO(), io.StringIO()
        output = Output(stdout, stderr, stdout_is_tty=False, stderr_is_tty=False, color=False)
        environment = Environment({"GLMV_HOME": str(glmv_home)}, io.BytesIO(stdin), output, open_session)
        return Ran(run([str(a) for a in arguments], environment), stdout.getvalue(), stderr.getvalue())

    return ran


def assert_refused(ran: Ran, status: int, words: str) -> None:
    assert ran.status == status
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert words in ran.stderr
    assert "\n\nhint: " in ran.stderr
    assert "Traceback" not in ran.stderr


def png_of(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims a size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 1000) + b"IDAT" + bytes(1000)


BAD_FILES: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "empty.png": (lambda: b"", 65, "empty"),
    "text.png": (lambda: b"this is only text\n" * 20, 65, "neither a picture nor a film"),
    "cut.jpg": (lambda: (EXAMPLES / "one.jpg").read_bytes()[:3000], 65, "cut.jpg"),
    "corrupt.mp4": (lambda: FILM.read_bytes()[:40] + bytes(range(256)) * 20, 65, "corrupt.mp4"),
    "headless.mp4": (lambda: FILM.read_bytes()[:1000], 65, "headless.mp4"),
    "cut.pdf": (lambda: pdf_of(page_objects([b""] * 3))[:200], 65, "cut.pdf is damaged"),
    "secret.pdf": (lambda: encrypted(pdf_of(page_objects([b""]))), 65, "secret.pdf is encrypted"),
    "blank.pdf": (lambda: pdf_of(page_objects([])), 65, "blank.pdf has no pages"),
    "bomb.png": (lambda: png_of(20_000, 10_000), 65, "200,000,000 pixels (20000x10000)"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_an_error_with_a_hint(glmv: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    content, status, words = BAD_FILES[name]
    (tmp_path / name).write_bytes(content())
    assert_refused(glmv("describe", tmp_path / name, "-m", "demo"), status, words)


def test_the_hint_of_a_bomb_names_the_flag_that_lifts_the_limit(glmv: Callable[..., Ran], tmp_path: Path) -> None:
    Image.new("RGB", (300, 200)).save(tmp_path / "large.png")
    refused = glmv("describe", tmp_path / "large.png", "--max-pixels", "59999", "-m", "demo")
    assert refused.status == 65
    assert "--max-pixels 60000" in refused.stderr
    assert glmv("describe", tmp_path / "large.png", "--max-pixels", "60000", "-m", "demo").status == 0


def test_a_missing_file(glmv: Callable[..., Ran]) -> None:
    assert_refused(glmv("describe", "nowhere.png", "-m", "demo"), 66, "nowhere.png does not exist")


def test_a_directory(glmv: Callable[..., Ran], tmp_path: Path) -> None:
    assert_refused(glmv("describe", tmp_path, "-m", "demo"), 66, "directory")


def test_an_empty_pipe(glmv: Callable[..., Ran]) -> None:
    assert_refused(glmv("describe", "-", "-m", "demo", stdin=b""), 65, "standard input is empty")


def test_a_film_without_pictures(glmv: Callable[..., Ran], tmp_path: Path) -> None:
    assert_refused(glmv("describe", write_sound(tmp_path / "sound.mp4"), "-m", "demo"), 65, "sound.mp4")


def test_a_picture_that_is_too_long_and_thin(glmv: Callable[..., Ran], tmp_path: Path) -> None:
    Image.new("RGB", (28 * 250, 28)).save(tmp_path / "thin.png")
    assert_refused(glmv("describe", tmp_path / "thin.png", "-m", "demo"), 65, "thin.png: ")


def test_an_unknown_model(glmv: Callable[..., Ran]) -> None:
    assert_refused(glmv("describe", SHAPES, "-m", "no-such-model"), 69, "no-such-model")


def test_a_checkpoint_with_a_cut_file(glmv: Callable[..., Ran], demo_directory: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(demo_directory, tmp_path / "copy")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert_refused(glmv("describe", SHAPES, "-m", copy), 69, "model.safetensors is cut short")


def test_a_checkpoint_with_a_missing_shard(glmv: Callable[..., Ran], demo_directory: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(demo_directory, tmp_path / "copy")
    index = {"weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert_refused(glmv("describe", SHAPES, "-m", copy), 69, "model-00002-of-00002.safetensors")


def test_a_checkpoint_that_wants_its_own_code_run(
    glmv: Callable[..., Ran], demo_directory: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(demo_directory, tmp_path / "copy")
    config = json.loads((copy / "tokenizer_config.json").read_text())
    config |= {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": [None, "own.Own"]}}
    (copy / "tokenizer_config.json").write_text(json.dumps(config))
    (copy / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    ran = glmv("describe", SHAPES, "-m", copy)
    assert not (tmp_path / "ran").exists()
    assert ran.status in (0, 69)


def test_one_bad_file_does_not_stop_the_others(glmv: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no")
    ran = glmv("describe", SHAPES, tmp_path / "bad.png", SHAPES, "-m", "demo", "--no-think")
    assert ran.status == 65
    assert ran.stdout.count(ANSWER) == 2
    assert "bad.png" in ran.stderr


@pytest.mark.parametrize("think", ["--think", "--no-think"])
def test_a_picture(glmv: Callable[..., Ran], think: str) -> None:
    ran = glmv("describe", SHAPES, "-m", "demo", think, "--show-thinking", "full")
    assert (ran.status, ran.stdout) == (0, ANSWER)
    assert ("I see" in ran.stderr) == (think == "--think")


@pytest.mark.parametrize("think", ["--think", "--no-think"])
def test_a_film(glmv: Callable[..., Ran], think: str) -> None:
    ran = glmv("describe", FILM, "-m", "demo", think)
    assert ran.status == 0
    assert ran.stdout == (
        "The red circle moves from the bottom left to the bottom right. The yellow star appears at 3 seconds.\n"
    )


def test_a_picture_that_only_exif_turns_upright(glmv: Callable[..., Ran]) -> None:
    assert "a purple star at the top right" in glmv("describe", EXAMPLES / "one.jpg", "-m", "demo").stdout


@pytest.mark.parametrize("file", [SHAPES, FILM])
def test_standard_input_is_known_by_its_content(glmv: Callable[..., Ran], file: Path) -> None:
    named = glmv("describe", file, "-m", "demo", "--no-think")
    piped = glmv("describe", "-", "-m", "demo", "--no-think", stdin=file.read_bytes())
    assert piped.stdout == named.stdout


def test_two_pictures_in_one_question(glmv: Callable[..., Ran]) -> None:
    ran = glmv("describe", EXAMPLES / "before.png", EXAMPLES / "after.png", "--together", "-m", "demo")
    assert ran.status == 0
    assert ran.stdout.startswith("Image 1: a green square at the left")
    assert " Image 2: " in ran.stdout


def test_json_has_every_field(glmv: Callable[..., Ran]) -> None:
    ran = glmv("describe", SHAPES, "-p", "Give the bounding box of the blue square.", "--json", "-m", "demo")
    record = json.loads(ran.stdout)
    assert list(record) == [
        "model", "source", "prompt", "thinking", "answer", "boxes", "finish_reason", "usage", "timings",
    ]  # fmt: skip
    assert record["model"] == "demo"
    assert record["source"] == str(SHAPES)
    assert record["thinking"].startswith("I see")
    assert record["finish_reason"] == "stop"
    assert set(record["usage"]) == {
        "prompt_tokens", "cached_tokens", "image_tokens", "video_tokens", "thinking_tokens", "answer_tokens",
    }  # fmt: skip
    assert all(record["timings"][key] > 0 for key in ("load_s", "encode_s", "prefill_s", "first_token_s", "decode_s"))
    [box] = record["boxes"]
    assert abs(box["x1"] - 465) < 40
    assert abs(box["y2"] - 443) < 40


@pytest.mark.slow
def test_the_installed_command_describes_a_picture_and_says_who_answers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "glmv_cli", "describe", str(SHAPES)]
    ran = subprocess.run(command, capture_output=True, text=True, env={"PATH": "", "HOME": str(tmp_path)}, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, ANSWER)
    assert ran.stderr.startswith("note: ")
    assert ran.stderr.count("\n") == 1  # one line, and no noise from libraries


@pytest.mark.slow
def test_ctrl_c_ends_a_long_answer_quietly() -> None:
    command = [sys.executable, "-m", "glmv_cli", "describe", str(SHAPES), "-m", "demo"]
    command += ["--temperature", "50", "--seed", "3", "--max-tokens", "4000", "--no-think"]  # it babbles
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)  # the model is loaded, and has begun to talk
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors


@pytest.fixture(scope="module", params=["pdf", "tif"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document whose pages are the demo's pictures."""
    pages = [Image.open(EXAMPLES / name).convert("RGB") for name in ("before.png", "after.png", "shapes.png")]
    path = tmp_path_factory.mktemp("document") / f"report.{request.param}"
    pages[0].save(path, save_all=True, append_images=pages[1:], quality=95)
    return path


def test_a_page_is_described(glmv: Callable[..., Ran], report: Path) -> None:
    ran = glmv("describe", f"{report}#3", "-m", "demo", "--no-think")
    assert (ran.status, ran.stdout) == (0, ANSWER)


def test_pages_of_a_document_are_compared(glmv: Callable[..., Ran], report: Path) -> None:
    ran = glmv("ask", "What changed?", "-a", f"{report}#1-2", "-m", "demo")
    assert ran.stdout == (
        "Only image 1 has an orange triangle at the bottom right. Only image 2 has a blue circle at the top right.\n"
    )


def test_a_document_on_standard_input_is_attached(glmv: Callable[..., Ran], report: Path) -> None:
    ran = glmv("ask", "How many shapes are in each?", "-m", "demo", "-v", stdin=report.read_bytes())
    assert ran.status == 0
    assert "90  standard input, 3 pages\n" in ran.stderr


def test_something_is_found_on_a_page(glmv: Callable[..., Ran], report: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.png"
    ran = glmv("ground", f"{report}#3", "the blue square", "-m", "demo", "--no-think", "-o", drawn)
    assert ran.status == 0
    left, top, right, bottom = map(int, ran.stdout.split())
    with Image.open(drawn) as picture:
        width, height = picture.size
    assert iou((left / width, top / height, right / width, bottom / height), (0.727, 0.687, 0.902, 0.912)) > 0.8
    several = glmv("ground", report, "the blue square", "-m", "demo")
    assert_refused(several, 65, "has 3 pages")


def test_what_does_not_fit_says_what_to_change(glmv: Callable[..., Ran], report: Path) -> None:
    question = ("describe", *([report] * 60), "--together", "-m", "demo")
    refused = glmv(*question)
    assert_refused(refused, 1, "(180 pages) 5,400")
    advised = re.search(r"--max-image-tokens (\d+) makes it fit", refused.stderr)
    assert advised is not None
    assert glmv(*question, "--max-image-tokens", advised[1], "--max-tokens", "2").status == 0
