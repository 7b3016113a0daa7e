"""Colours, transparency and shapes of pixels come out as a screen shows them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from glmv_cli.media.frames import DecodedVideo, Pixels
from glmv_cli.media.tone import Tone
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from tests.media.films import all_frames, write_frame

COLOUR = (200, 60, 30)


def flat(width: int = 64, height: int = 48) -> Pixels:
    return np.full((height, width, 3), COLOUR, dtype=np.uint8)


def half_clear(width: int = 64, height: int = 48) -> Pixels:
    """Red at the left; at the right green, of which nothing is to be seen."""
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    pixels[:, : width // 2] = (255, 0, 0, 255)
    pixels[:, width // 2 :, 1] = 255
    return pixels


def read(path: Path) -> DecodedVideo:
    return ChosenFrames.of(MediaSource("film", path=path), all_frames, max_pixels=10**8).read()


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le", "yuv422p10le"])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709, Colorspace.BT2020])
def test_luma_and_chroma_are_mixed_as_the_film_says(
    tmp_path: Path, matrix: Colorspace, full: bool, pixel_format: str
) -> None:
    span = ColorRange.JPEG if full else ColorRange.MPEG
    frame = av.VideoFrame.from_ndarray(flat(), format="rgb24")
    frame = frame.reformat(format=pixel_format, dst_colorspace=matrix, dst_color_range=span)

    def configure(stream: av.VideoStream) -> None:
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = span

    shown = read(write_frame(tmp_path / "a.mp4", "libx264", frame, options={"crf": "4"}, configure=configure)).frames[1]
    assert np.abs(shown.astype(int) - COLOUR).max() <= 5


@pytest.mark.parametrize(("size", "matrix"), [((720, 576), Colorspace.ITU601), ((1280, 720), Colorspace.ITU709)])
def test_a_film_that_does_not_say_is_taken_by_its_size(
    tmp_path: Path, size: tuple[int, int], matrix: Colorspace
) -> None:
    frame = av.VideoFrame.from_ndarray(flat(*size), format="rgb24").reformat(format="yuv420p", dst_colorspace=matrix)
    frame.colorspace = 2
    shown = read(write_frame(tmp_path / "a.mkv", "mpeg4", frame, options={"qscale": "1"})).frames[1]
    assert np.abs(shown.astype(int) - COLOUR).max() <= 6


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"),
    [
        ("a.webm", "libvpx-vp9", "yuva420p", {}),
        ("a.webm", "libvpx", "yuva420p", {"auto-alt-ref": "0"}),
        ("a.mov", "prores_ks", "yuva444p10le", {"profile": "4444"}),
        ("a.mov", "png", "rgba", {}),
        ("a.mov", "qtrle", "argb", {}),
        ("a.mkv", "ffv1", "yuva420p", {}),
    ],
)
def test_what_is_transparent_shows_white(
    tmp_path: Path, name: str, codec: str, pixel_format: str, options: dict[str, str]
) -> None:
    frame = av.VideoFrame.from_ndarray(half_clear(), format="rgba").reformat(format=pixel_format)
    shown = read(write_frame(tmp_path / name, codec, frame, options=options)).frames
    assert np.abs(shown[:, :, :24].astype(int) - (255, 0, 0)).max() <= 8
    assert shown[:, :, 40:].min() >= 250


@pytest.mark.parametrize(
    ("pixel", "shown"),
    [
        (Fraction(64, 45), (91, 48)),
        (Fraction(1, 2), (64, 96)),
        (Fraction(1), (64, 48)),
        (Fraction(0), (64, 48)),
        (Fraction(90), (64, 48)),
    ],
)
def test_pixels_that_are_not_square_are_shown_as_long_as_they_are(
    tmp_path: Path, pixel: Fraction, shown: tuple[int, int]
) -> None:
    def configure(stream: av.VideoStream) -> None:
        stream.sample_aspect_ratio = pixel

    frame = av.VideoFrame.from_ndarray(flat(), format="rgb24").reformat(format="yuv420p")
    video = read(write_frame(tmp_path / "a.mkv", "libx264", frame, configure=configure))
    assert (video.info.width, video.info.height) == shown
    assert video.frames.shape[2:0:-1] == shown


def test_fields_of_two_moments_become_one_of_them(tmp_path: Path) -> None:
    """A bright bar that moves by 16 pixels from field to field: interlaced lines would show it twice."""
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"x264-params": "tff=1", "crf": "4"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 64, "yuv420p"
        for number in range(4):
            pixels = np.full((64, 160, 3), 40, dtype=np.uint8)
            pixels[0::2, 32 * number : 32 * number + 12] = 220
            pixels[1::2, 32 * number + 16 : 32 * number + 28] = 220
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    with av.open(path) as film:
        assert next(film.decode(video=0)).interlaced_frame
    shown = read(path).frames.astype(int)
    for number in (1, 2):
        rows = shown[number, 8:56, :, 0]
        assert np.abs(np.diff(rows, axis=0)).max() < 60
        first, second = (rows[:, place + 2 : place + 10] for place in (32 * number, 32 * number + 16))
        assert (first.min() > 180) != (second.min() > 180)
        assert (first.max() < 60) != (second.max() < 60)


def hdr(path: Path, transfer: ColorTrc, code: float) -> Path:
    """A grey film of 10 bits with PQ or HLG values."""
    level = round(64 + 876 * code)
    frame = av.VideoFrame(64, 48, "yuv420p10le")
    for plane, value in zip(frame.planes, (level, 512, 512), strict=True):
        plane.update(np.full(plane.buffer_size // 2, value, np.uint16).tobytes())

    def configure(stream: av.VideoStream) -> None:
        stream.codec_context.color_trc = transfer
        stream.codec_context.color_primaries = ColorPrimaries.BT2020
        stream.codec_context.colorspace = Colorspace.BT2020
        stream.codec_context.color_range = ColorRange.MPEG

    return write_frame(path, "libx265", frame, options={"x265-params": "log-level=none"}, configure=configure)


@pytest.mark.parametrize(
    ("transfer", "code", "least", "most"),
    [
        (ColorTrc.SMPTE2084, 0.0, 0, 1),
        (ColorTrc.SMPTE2084, 0.5081, 180, 190),  # 100 cd/m²
        (ColorTrc.SMPTE2084, 0.5807, 224, 234),  # 203 cd/m²: white in HDR, but there is more
        (ColorTrc.SMPTE2084, 0.7518, 252, 255),  # 1,000 cd/m²
        (ColorTrc.ARIB_STD_B67, 0.75, 224, 234),  # 203 cd/m²
        (ColorTrc.ARIB_STD_B67, 1.0, 252, 255),
    ],
)
def test_hdr_is_brought_to_what_screens_show(
    tmp_path: Path, transfer: ColorTrc, code: float, least: int, most: int
) -> None:
    shown = read(hdr(tmp_path / "a.mkv", transfer, code)).frames
    assert least <= shown.min() <= shown.max() <= most


@pytest.mark.parametrize(
    ("transfer", "peak"),
    [*((ColorTrc.SMPTE2084, peak) for peak in (400.0, 1000.0, 4000.0)), (ColorTrc.ARIB_STD_B67, 1000.0)],
)
def test_brighter_is_never_darker_and_grey_stays_grey(transfer: ColorTrc, peak: float) -> None:
    ramp = np.linspace(0, 65535, 4096).astype(np.uint16)
    shown = Tone(transfer, ColorPrimaries.BT2020, peak).to_srgb(np.repeat(ramp[:, None, None], 3, axis=2))
    assert (np.diff(shown[:, 0, 0].astype(int)) >= 0).all()
    assert np.ptp(shown.astype(int), axis=2).max() <= 1
    assert (shown[0].max(), shown[-1].min()) == (0, 255)


def test_a_wide_gamut_without_hdr_keeps_its_greys() -> None:
    grey = np.full((3, 2, 3), 128 * 257, np.uint16)
    assert np.abs(Tone(ColorTrc.BT709, ColorPrimaries.SMPTE432, 203).to_srgb(grey).astype(int) - 128).max() <= 1
    red = np.zeros((1, 1, 3), np.uint16) + np.array([40000, 20000, 20000], np.uint16)
    plain = red[0, 0] // 257
    shown = Tone(ColorTrc.BT709, ColorPrimaries.BT2020, 203).to_srgb(red)[0, 0]
    assert shown[0] > plain[0]
    assert shown[1] < plain[1]
