from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.image import image_size
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.load import load
from glmv_cli.messages import MediaPart, MediaSource, Message, SeeingOptions
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.estimate import estimate
from glmv_cli.prompt.inputs import IMAGE, VIDEO
from glmv_cli.prompt.seen import see
from glmv_cli.prompt.sight import Sight

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize("name", ["shapes.png", "film.mp4"])
def test_the_estimate_is_what_the_prompt_takes(name: str, demo_directory: Path) -> None:
    source = MediaSource(name, path=EXAMPLES / name)
    builder = PromptBuilder(demo_directory)
    media = {source: load(source, sampler=builder.sight.sampler, fit=builder.sight.fit)}
    inputs = builder.build([Message("user", (MediaPart(source),))], media, think=False)
    estimated = estimate(source, demo_directory, DEFAULT_MAX_PIXELS)
    assert estimated.tokens == inputs.tokens(IMAGE) + inputs.tokens(VIDEO)
    assert (estimated.seconds is None) == (name == "shapes.png")


def test_an_animation_is_estimated_as_the_film_that_it_is(demo_directory: Path, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[500, 1500, 1000])
    source = MediaSource("a.gif", path=tmp_path / "a.gif")
    estimated = estimate(source, demo_directory, DEFAULT_MAX_PIXELS)
    shown = see(source, Sight.of(demo_directory), SeeingOptions(), max_pixels=DEFAULT_MAX_PIXELS)
    assert (estimated.tokens, estimated.seconds) == (shown.tokens, 3.0)


@pytest.mark.parametrize(
    "seeing", [SeeingOptions(max_image_tokens=9), SeeingOptions(min_image_tokens=35), SeeingOptions(animated="first")]
)
def test_the_estimate_keeps_to_what_was_asked_for(demo_directory: Path, tmp_path: Path, seeing: SeeingOptions) -> None:
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "green")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=500)
    for path in (EXAMPLES / "shapes.png", EXAMPLES / "film.mp4", tmp_path / "a.gif"):
        source = MediaSource(path.name, path=path)
        estimated = estimate(source, demo_directory, DEFAULT_MAX_PIXELS, seeing)
        shown = see(source, Sight.of(demo_directory), seeing, max_pixels=DEFAULT_MAX_PIXELS)
        assert estimated.tokens == shown.tokens
        assert (estimated.seconds is None) == (shown.film is None)
        if shown.film is None:
            assert shown.tokens <= (seeing.max_image_tokens or 35)


def test_a_picture_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert image_size(MediaSource("a.jpg", path=tmp_path / "a.jpg")) == (30, 40)


def test_a_header_that_cannot_be_read_is_an_error_of_the_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8))
    with pytest.raises(MediaError, match="not a picture that can be read"):
        image_size(MediaSource("a.png", path=tmp_path / "a.png"))
