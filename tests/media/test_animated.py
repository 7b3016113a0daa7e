"""What the blocks of an animation say of its frames is what Pillow finds by decoding them."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glmv_cli.media.animated import ListedFrame, is_animated, list_frames


def saved(format: str, lengths: list[int], **options: Any) -> bytes:
    """Frames of noise, each shown for so many milliseconds."""
    dice = Random(len(lengths))
    images = [Image.frombytes("RGB", (20, 16), dice.randbytes(960)) for _ in lengths]
    file = io.BytesIO()
    images[0].save(file, format, save_all=True, append_images=images[1:], duration=lengths, **options)
    return file.getvalue()


def listed(data: bytes) -> list[ListedFrame]:
    frames = list_frames(io.BytesIO(data))
    assert frames is not None
    return list(frames)


def decoded(data: bytes) -> tuple[list[float], tuple[int, int]]:
    """Milliseconds of each frame, and the size of the last."""
    lengths = []
    with Image.open(io.BytesIO(data)) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            lengths.append(float(image.info.get("duration", 0)))
        return lengths, image.size


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
@given(lengths=st.lists(st.integers(0, 600).map(lambda number: 10 * number), min_size=2, max_size=9))
def test_lengths_are_those_of_decoding(format: str, lengths: list[int]) -> None:
    data = saved(format, lengths)
    assert [frame.milliseconds for frame in listed(data)] == pytest.approx(decoded(data)[0])
    assert is_animated(io.BytesIO(data))


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_gifs_of_any_disposal(disposal: int) -> None:
    data = saved("GIF", [100, 20, 70], disposal=disposal, optimize=False, comment=b"a" * 700)
    assert [frame.milliseconds for frame in listed(data)] == [100, 20, 70]


def test_a_png_may_begin_with_a_picture_of_its_own() -> None:
    first = Image.new("RGB", (8, 8))
    file = io.BytesIO()
    others = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    first.save(file, "PNG", save_all=True, append_images=others, duration=[40, 90], default_image=True)
    data = file.getvalue()
    assert [frame.milliseconds for frame in listed(data)] == decoded(data)[0] == [0, 40, 90]


def test_the_screen_of_a_gif_grows_with_its_frames() -> None:
    data = bytearray(saved("GIF", [100, 20]))
    data[6:10] = bytes((8, 0, 8, 0))  # width and height of the screen
    frames = listed(bytes(data))
    assert (max(f.right for f in frames), max(f.bottom for f in frames)) == decoded(bytes(data))[1] == (20, 16)


def test_stray_bytes_between_blocks_are_passed_over() -> None:
    data = saved("GIF", [100, 20, 70])
    at = data.index(b"\0!\xf9", data.index(b",")) + 1
    strayed = data[:at] + bytes(9) + data[at:]
    assert [frame.milliseconds for frame in listed(strayed)] == decoded(strayed)[0] == [100, 20, 70]
    assert not is_animated(io.BytesIO(data[:at] + bytes(1000) + data[at:]))


def test_a_picture_is_one_frame() -> None:
    for format in ("GIF", "PNG"):
        file = io.BytesIO()
        Image.new("L", (4, 4)).save(file, format)
        assert [frame.milliseconds for frame in listed(file.getvalue())] == [0]


def test_only_decoding_tells_of_other_formats() -> None:
    for format in ("AVIF", "BMP"):
        file = io.BytesIO()
        Image.new("RGB", (4, 4)).save(file, format)
        assert list_frames(io.BytesIO(file.getvalue())) is None


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
@given(at=st.integers(0, 3000))
def test_what_is_cut_ends_there(format: str, at: int) -> None:
    data = saved(format, [100, 20, 70, 30])
    frames = list(list_frames(io.BytesIO(data[:at])) or ())
    assert frames == listed(data)[: len(frames)]
