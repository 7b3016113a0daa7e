"""What media will be is known before they are decoded, and is then what they are."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image, ImageFile

from glmv_cli.errors import GlmvError, InputNotFoundError, MediaError
from glmv_cli.media.frames import DecodedImage, DecodedVideo, VideoInfo
from glmv_cli.media.load import decode
from glmv_cli.media.outlook import Outlook, outlook
from glmv_cli.media.source import open_source
from glmv_cli.messages import MediaSource
from tests.media.films import all_frames, write_film

MAX_PIXELS = 10**6


def seen(source: MediaSource) -> tuple[Outlook, DecodedImage | DecodedVideo]:
    known = outlook(source, all_frames, max_pixels=MAX_PIXELS)
    return known, decode(source, known, max_pixels=MAX_PIXELS)


def written(path: Path) -> Path:
    """A film, or an animation, of three frames."""
    if path.suffix in (".gif", ".webp", ".png"):
        frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=[500, 1500, 1000])
        return path
    return write_film(path, count=3, rotation=90)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.gif", "a.webp", "a.png"])
def test_a_film_becomes_what_was_known_of_it(name: str, tmp_path: Path) -> None:
    known, film = seen(MediaSource(name, written(tmp_path / name)))
    assert not isinstance(known, tuple)
    assert isinstance(film, DecodedVideo)
    assert (known.times, known.info) == (film.times, film.info)
    assert film.frames.shape[1:3] == (known.info.height, known.info.width)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_is_known_by_its_blocks(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = MediaSource(name, written(tmp_path / name))
    decoded: list[ImageFile.ImageFile] = []
    load = ImageFile.ImageFile.load

    def counting(image: ImageFile.ImageFile) -> object:
        decoded.append(image)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counting)
    known = outlook(source, all_frames, max_pixels=MAX_PIXELS)
    assert not isinstance(known, tuple)
    assert known.times == (0, 0.5, 1, 1.5, 2, 2.5)
    assert not decoded
    known.read()
    assert decoded


def test_a_picture_becomes_what_was_known_of_it(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    known, picture = seen(MediaSource("a.png", tmp_path / "a.png"))
    assert isinstance(picture, DecodedImage)
    assert known == (picture.height, picture.width) == (30, 40)


@pytest.mark.usefixtures("no_proxy")
def test_a_film_from_the_web_is_fetched_once(tmp_path: Path) -> None:
    asked: list[str] = []

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            asked.append(self.path)

    write_film(tmp_path / "a.mp4")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        _, film = seen(open_source(f"http://127.0.0.1:{server.server_port}/a.mp4", io.BytesIO()))
        server.shutdown()
        thread.join()
    assert isinstance(film, DecodedVideo)
    assert len(film.times) == 12
    assert asked == ["/a.mp4"]


def test_a_film_from_a_pipe_is_read_once(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
            raise io.UnsupportedOperation

    _, film = seen(open_source("-", Pipe(write_film(tmp_path / "a.mp4").read_bytes())))
    assert isinstance(film, DecodedVideo)
    assert len(film.times) == 12


def fussy(info: VideoInfo) -> list[int]:
    raise MediaError("there is nothing to choose", "choose something else")


@pytest.mark.parametrize(
    ("content", "sampler", "kind"),
    [(b"text", all_frames, MediaError), (None, all_frames, InputNotFoundError), (b"film", fussy, MediaError)],
)
def test_what_cannot_be_used_is_named(
    content: bytes | None, sampler: Callable[[VideoInfo], list[int]], kind: type[GlmvError], tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    if content == b"film":
        write_film(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(kind, match=r"a\.mp4"):
        outlook(MediaSource("a.mp4", path), sampler, max_pixels=MAX_PIXELS)
