"""Either kind of media, by content; nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.frames import DecodedImage, DecodedVideo, VideoInfo
from glmv_cli.media.load import load
from glmv_cli.media.source import open_source
from glmv_cli.messages import MediaSource
from tests.media.films import all_frames, numbers, write_film

ROOT = Path(__file__).parent.parent.parent


def never(info: VideoInfo) -> list[int]:
    raise AssertionError("a picture has no frames to choose")


def test_a_picture_with_the_name_of_a_film_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    Image.new("RGB", (3, 2), "red").save(path, "PNG")
    image = load(MediaSource("a.mp4", path=path), sampler=never)
    assert isinstance(image, DecodedImage)
    assert (image.width, image.height) == (3, 2)


def test_a_film_on_standard_input_is_a_film(tmp_path: Path) -> None:
    data = write_film(tmp_path / "a.mp4").read_bytes()
    video = load(open_source("-", io.BytesIO(data)), sampler=all_frames)
    assert isinstance(video, DecodedVideo)
    assert numbers(video.frames) == list(range(12))


@pytest.mark.parametrize("content", [b"hello, world\n", b"about %PDF-1.7", b"\x89PN", b"\0" * 4096])
def test_other_content_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(MediaError) as caught:
        load(MediaSource("a.png", data=content), sampler=never)
    assert caught.value.message == "a.png is neither a picture nor a film, by its content"
    assert "PNG" in (caught.value.hint or "")


def test_the_limit_reaches_pictures_and_films(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    write_film(tmp_path / "a.mp4")
    for name in ("a.png", "a.mp4"):
        with pytest.raises(MediaError, match="limit"):
            load(MediaSource(name, path=tmp_path / name), sampler=all_frames, max_pixels=599)


def test_a_file_that_cannot_be_read_any_more_is_not_found(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.png", tmp_path):
        with pytest.raises(InputNotFoundError):
            load(MediaSource("a.png", path=path), sampler=never)


def test_a_picture_does_not_cost_libav_and_a_film_not_pillow(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png")
    write_film(tmp_path / "a.mp4")
    code = (
        "import sys; from pathlib import Path; from glmv_cli.media.load import load;"
        "from glmv_cli.messages import MediaSource;"
        "load(MediaSource('a', path=Path(sys.argv[1])), sampler=lambda info: [0]);"
        "print(*sorted(sys.modules.keys() & {'PIL', 'av', 'torch'}))"
    )
    for name, imported in (("a.png", "PIL"), ("a.mp4", "av")):
        command = [sys.executable, "-c", code, str(tmp_path / name)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [imported]
