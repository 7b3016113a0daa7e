"""What `see` shows is what the prompt is made of."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.media.frames import DecodedVideo
from glmv_cli.media.load import load
from glmv_cli.messages import MediaPart, MediaSource, Message, SeeingOptions, TextPart
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.patches import patchify
from glmv_cli.prompt.seen import Seen, see
from glmv_cli.prompt.sight import Sight
from tests.checkpoints import write_checkpoint
from tests.media.documents import page_objects, pdf_of, rectangle
from tests.media.films import noise, write_film
from tests.releases import RELEASES

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def seen(directory: Path, path: Path, seeing: SeeingOptions | None = None) -> Seen:
    return see(MediaSource(path.name, path=path), Sight.of(directory), seeing or SeeingOptions(), max_pixels=10**7)


@pytest.mark.parametrize("seeing", [SeeingOptions(), SeeingOptions(max_image_tokens=12)])
def test_a_picture_is_seen_as_it_is_prompted(demo_directory: Path, seeing: SeeingOptions) -> None:
    source = MediaSource("shapes.png", path=EXAMPLES / "shapes.png")
    builder = PromptBuilder(demo_directory)
    media = {source: load(source, sampler=builder.sight.sampler)}
    inputs = builder.build([Message("user", (MediaPart(source), TextPart("?")))], media, False, seeing)
    shown = seen(demo_directory, EXAMPLES / "shapes.png", seeing)
    assert inputs.images is not None
    assert shown.tokens == int((inputs.kinds == 1).sum())
    assert shown.grid == tuple(inputs.images.grids[0].tolist())
    assert (shown.width, shown.height, shown.film) == (640, 480, None)
    again, _ = patchify(shown.frames, Sight.of(demo_directory).within(seeing).image_rules, (480, 640))
    early = load(source, sampler=builder.sight.sampler, fit_picture=builder.sight.within(seeing).fit_picture)
    inputs_early = builder.build([Message("user", (MediaPart(source),))], {source: early}, False, seeing)
    assert inputs_early.images is not None
    assert torch.equal(again, inputs_early.images.patches)
    assert torch.equal(again, inputs.images.patches)


@pytest.mark.parametrize("release", ["demo", *(name for name, release in RELEASES.items() if release.processor)])
def test_a_film_is_seen_as_it_is_prompted(release: str, demo_directory: Path, tmp_path: Path) -> None:
    directory = demo_directory if release == "demo" else write_checkpoint(tmp_path / release, release)
    path = EXAMPLES / "film.mp4"
    source = MediaSource("film.mp4", path=path)
    builder = PromptBuilder(directory)
    film = load(source, sampler=builder.sight.sampler, fit=builder.sight.fit)
    assert isinstance(film, DecodedVideo)
    inputs = builder.build([Message("user", (MediaPart(source),))], {source: film}, True)
    shown = seen(directory, path)
    assert inputs.videos is not None
    assert shown.film is not None
    assert shown.tokens == int((inputs.kinds == 2).sum())
    assert shown.grid == tuple(inputs.videos.grids[0].tolist())
    assert shown.film.times == film.times
    text = builder.tokenizer.decode(inputs.ids[0])
    assert all(f"<|end_of_image|>{time}" in text for time in shown.film.time_texts)
    assert np.array_equal(shown.frames, film.frames)


def test_a_notice_on_a_film_is_kept(demo_directory: Path, tmp_path: Path) -> None:
    whole = write_film(tmp_path / "a.mkv", count=40, draw=noise).read_bytes()
    (tmp_path / "b.mkv").write_bytes(whole[: len(whole) // 2])
    assert seen(demo_directory, tmp_path / "b.mkv").notice


def test_what_the_model_cannot_take_is_named(demo_directory: Path, tmp_path: Path) -> None:
    Image.new("RGB", (6000, 28)).save(tmp_path / "thin.png")
    with pytest.raises(MediaError, match=r"^thin\.png: 6000×28 pixels is too long"):
        seen(demo_directory, tmp_path / "thin.png")
    with pytest.raises(UsageError, match="--min-image-tokens"):
        seen(demo_directory, EXAMPLES / "shapes.png", SeeingOptions(min_image_tokens=9999))


def test_it_needs_no_torch(demo_directory: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from glmv_cli.prompt.seen import see;"
        "from glmv_cli.prompt.sight import Sight; from glmv_cli.messages import MediaSource, SeeingOptions;"
        "see(MediaSource('a', path=Path(sys.argv[2])), Sight.of(Path(sys.argv[1])), SeeingOptions(), max_pixels=10**7);"
        "print(*sys.modules.keys() & {'torch', 'transformers'})"
    )
    command = [sys.executable, "-c", code, str(demo_directory), str(EXAMPLES / "film.mp4")]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@given(
    st.floats(20, 3000), st.floats(20, 3000), st.one_of(st.none(), st.integers(1, 6144)),
    st.sampled_from([name for name, release in RELEASES.items() if release.processor]),
)  # fmt: skip
@settings(max_examples=25)
def test_a_page_is_seen_as_a_picture_of_the_same_pixels(
    width: float, height: float, most: int | None, release: str
) -> None:
    with TemporaryDirectory() as folder:
        sight = Sight.of(write_checkpoint(Path(folder), release))
    marks = rectangle((1, 0, 0), 0, 0, width / 2, height / 3) + rectangle((0, 0, 1), width / 2, height / 2, 9, 9)
    data = pdf_of(page_objects([marks], b"/MediaBox [0 0 %g %g]" % (width, height)))
    seeing = SeeingOptions(max_image_tokens=most)
    page = see(MediaSource("a.pdf", data=data).page_of(1), sight, seeing, max_pixels=10**8)
    # What is too thin for its budget takes more; as a picture of that size it would be made smaller once more.
    assume(most is None or page.tokens <= most)
    png = io.BytesIO()
    Image.fromarray(page.frames[0]).save(png, "PNG", compress_level=0)
    picture = see(MediaSource("a.png", data=png.getvalue()), sight, seeing, max_pixels=10**8)
    assert (picture.grid, picture.tokens) == (page.grid, page.tokens)
    assert np.array_equal(picture.frames, page.frames)
