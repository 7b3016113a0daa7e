"""Animated pictures become short films by their own clock, or stay pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from glmv_cli.errors import MediaError
from glmv_cli.media.animated import is_animated
from glmv_cli.media.frames import DecodedImage, DecodedVideo, VideoInfo
from glmv_cli.media.kind import kind_of
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource

RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
FORMATS = ("GIF", "WEBP", "PNG", "AVIF")


def animation(format: str, lengths: tuple[int, ...] = (100, 300, 200), frames: int = 3) -> bytes:
    """Red, blue, green; each shown for so many milliseconds."""
    images = [Image.new("RGB", (16, 12), colour) for colour in (RED, BLUE, GREEN)[:frames]]
    file = io.BytesIO()
    images[0].save(file, format, save_all=True, append_images=images[1:], duration=list(lengths)[:frames])
    return file.getvalue()


def every_tick(info: VideoInfo) -> list[int]:
    return list(range(info.total_frames))


def film(data: bytes) -> DecodedVideo:
    shown = load(MediaSource("a", data=data), sampler=every_tick)
    assert isinstance(shown, DecodedVideo)
    return shown


def colours(shown: DecodedVideo) -> list[str]:
    """The strongest channel of each frame."""
    return ["rbg"[(0, 2, 1).index(int(frame.mean((0, 1)).argmax()))] for frame in shown.frames]


@pytest.mark.parametrize("format", FORMATS)
def test_each_frame_is_on_the_screen_for_as_long_as_it_says(format: str) -> None:
    shown = film(animation(format))
    assert (shown.info.width, shown.info.height, shown.info.duration) == (16, 12, 0.6)
    assert colours(shown) == list("rbbbgg")
    assert shown.times == pytest.approx((0, 0.1, 0.2, 0.3, 0.4, 0.5))
    assert shown.notice is None


@pytest.mark.parametrize("format", FORMATS)
def test_the_first_frame_is_a_picture_by_choice(format: str) -> None:
    source = MediaSource("a", data=animation(format))
    shown = load(source, sampler=every_tick, animated="first")
    assert isinstance(shown, DecodedImage)
    assert int(shown.pixels.mean((0, 1)).argmax()) == 0
    assert (kind_of(source), kind_of(source, "first")) == ("video", "image")


@pytest.mark.parametrize("format", FORMATS)
def test_one_frame_is_a_picture(format: str) -> None:
    data = animation(format, frames=1)
    assert not is_animated(io.BytesIO(data))
    assert isinstance(load(MediaSource("a", data=data), sampler=every_tick), DecodedImage)


def test_transparent_frames_are_laid_over_white() -> None:
    images = [Image.new("RGBA", (4, 4), (0, 0, 0, alpha)) for alpha in (255, 0)]
    file = io.BytesIO()
    images[0].save(file, "WEBP", save_all=True, append_images=images[1:], duration=100, lossless=True)
    assert film(file.getvalue()).frames[:, 0, 0].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_frames_without_a_time_get_that_of_browsers() -> None:
    assert film(animation("GIF", (0, 0, 0))).times == pytest.approx((0, 0.1, 0.2))


def test_frames_come_in_the_size_that_is_asked_for() -> None:
    shown = load(MediaSource("a", data=animation("GIF")), sampler=lambda info: [0, 5], fit=lambda n, h, w: (6, 8))
    assert isinstance(shown, DecodedVideo)
    assert shown.frames.shape == (2, 6, 8, 3)


def test_the_limit_on_pixels_holds_for_frames() -> None:
    with pytest.raises(MediaError, match="limit"):
        load(MediaSource("a", data=animation("GIF")), sampler=every_tick, max_pixels=191)


def test_an_animation_of_very_many_frames_is_refused_with_the_limit_that_allows_it() -> None:
    images = [Image.new("L", (4, 4), 50 * (number % 2)) for number in range(120)]
    file = io.BytesIO()
    images[0].save(file, "GIF", save_all=True, append_images=images[1:])
    source = MediaSource("a", data=file.getvalue())
    with pytest.raises(MediaError, match="120 frames of 4x4, 1,920 pixels in all") as caught:
        load(source, sampler=lambda info: [0], max_pixels=16)
    assert "--max-pixels 20" in (caught.value.hint or "")
    assert isinstance(load(source, sampler=lambda info: [0], max_pixels=20), DecodedVideo)
    assert isinstance(load(source, sampler=lambda info: [0], max_pixels=16, animated="first"), DecodedImage)


def test_a_long_pause_makes_no_endless_film() -> None:
    shown = load(MediaSource("a", data=animation("PNG", (30_000_000, 17, 23))), sampler=lambda info: [0, 1])
    assert isinstance(shown, DecodedVideo)
    assert shown.info.duration == pytest.approx(60.04)
    assert shown.info.total_frames <= 100_000


@pytest.mark.parametrize("format", FORMATS)
def test_damage_anywhere_ends_in_frames_or_in_an_error_of_ours(format: str) -> None:
    whole = animation(format)
    dice = np.random.default_rng(5)
    for _ in range(60):
        data = bytearray(whole[: dice.integers(len(whole) // 3, len(whole) + 1)])
        for at in dice.integers(0, len(data), dice.integers(0, 4)):
            data[at] = dice.integers(256)
        try:
            shown = load(MediaSource("a", data=bytes(data)), sampler=every_tick, max_pixels=1_000_000)
        except MediaError:
            continue
        if isinstance(shown, DecodedVideo):
            assert len(shown.frames) == len(shown.times) > 0


def test_a_cut_animation_yields_what_comes_before_and_says_so() -> None:
    dice = np.random.default_rng(3)
    images = [Image.fromarray(dice.integers(0, 256, (40, 40, 3), np.uint8)) for _ in range(4)]
    file = io.BytesIO()
    images[0].save(file, "PNG", save_all=True, append_images=images[1:], duration=100)
    data = file.getvalue()
    info = VideoInfo(4, 10, 0.4, 40, 40)
    cut = MediaSource("a.png", data=data[: len(data) * 5 // 8])
    shown = load(cut, sampler=lambda found: [index for index in range(info.total_frames) if index < found.total_frames])
    assert isinstance(shown, DecodedVideo)
    assert 1 <= len(shown.frames) < 4
    assert np.array_equal(shown.frames[1], np.asarray(images[1]))
