"""What films take of a prompt is known before they are decoded, and is then what they take."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.load import load
from glmv_cli.media.outlook import outlook
from glmv_cli.messages import FilmOptions, MediaPart, MediaSource, Message, SeeingOptions, TextPart
from glmv_cli.prompt.account import Account
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO
from tests.checkpoints import write_checkpoint
from tests.media.films import noise, write_film
from tests.releases import RELEASES

SIGHTED = ["demo", *(name for name, release in RELEASES.items() if release.processor)]


def builder_of(release: str, demo_directory: Path, tmp_path: Path) -> PromptBuilder:
    return PromptBuilder(demo_directory if release == "demo" else write_checkpoint(tmp_path / release, release))


def before_and_after(builder: PromptBuilder, path: Path, seeing: SeeingOptions) -> tuple[Account, Account]:
    """The account of a question about a film before it is decoded, and what the prompt has become."""
    source = MediaSource(path.name, path)
    messages = [Message("user", (MediaPart(source), TextPart("What happens?")))]
    sight = builder.sight.within(seeing)
    known = outlook(source, sight.sampler, max_pixels=DEFAULT_MAX_PIXELS)
    account = builder.account(messages, {source: known}, True, seeing)
    inputs = builder.build(messages, {source: load(source, sampler=sight.sampler, fit=sight.fit)}, True, seeing)
    exact = account.exactly(inputs.tokens(TEXT), inputs.tokens_of_each(IMAGE), inputs.tokens_of_each(VIDEO))
    assert exact.total == inputs.ids.shape[1]
    return account, exact


@pytest.mark.parametrize("release", SIGHTED)
@pytest.mark.parametrize(("count", "rate"), [(1, 10), (12, 10), (75, 25), (130, 4)])
def test_a_film_takes_what_it_was_said_to_take(
    release: str, count: int, rate: int, demo_directory: Path, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "a.mp4", count=count, rate=rate, draw=noise)
    account, exact = before_and_after(builder_of(release, demo_directory, tmp_path), film, SeeingOptions())
    assert account == exact


@pytest.mark.parametrize(
    "wished",
    [
        FilmOptions(max_tokens=40),
        FilmOptions(max_frames=6),
        FilmOptions(fps=0.5),
        FilmOptions(fps=3, max_frames=9, start=2.25, end=9),
    ],
)
def test_so_it_does_with_wishes_and_at_a_variable_rate(
    wished: FilmOptions, demo_directory: Path, tmp_path: Path
) -> None:
    ticks = [number + number // 3 for number in range(130)]
    film = write_film(tmp_path / "a.mkv", count=130, rate=10, ticks=ticks, draw=noise)
    account, exact = before_and_after(PromptBuilder(demo_directory), film, SeeingOptions(film=wished))
    assert account == exact


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "avif"])
def test_so_does_an_animation(ending: str, demo_directory: Path, tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(number, 64, 48)) for number in range(9)]
    path = tmp_path / f"a.{ending}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[400 + 100 * n for n in range(9)])
    account, exact = before_and_after(PromptBuilder(demo_directory), path, SeeingOptions())
    assert account == exact


def test_what_is_lost_of_a_damaged_film_is_taken_off(demo_directory: Path, tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", draw=noise, size=(160, 120), count=40, movflags="faststart")
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[:half] + bytes(len(data) // 10) + data[half + len(data) // 10 :])
    account, exact = before_and_after(PromptBuilder(demo_directory), path, SeeingOptions())
    assert exact.text < account.text
