"""Colours of ICtCp, written as ITU-R BT.2100 says, are shown as what they were."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from numpy.typing import NDArray

from glmv_cli.media.ictcp import ICTCP, lms_codes
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from tests.media.films import all_frames, write_frame

COLOURS = [(120, 120, 120), (170, 60, 30), (40, 160, 90), (30, 50, 170), (165, 160, 20), (20, 20, 20), (0, 0, 0)]
"""sRGB, dark enough to stay below the knee of the curve for HDR, so that nothing but the way they are kept changes."""
BT2020_OF_BT709 = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))
"""BT.2087."""
LMS = np.array(((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))) / 4096
BY_PQ = np.array(((2048, 2048, 0), (6610, -13613, 7003), (17933, -17390, -543))) / 4096
BY_HLG = np.array(((2048, 2048, 0), (3625, -7465, 3840), (9500, -9212, -288))) / 4096

Values = NDArray[np.float64]


def pq(light: Values) -> Values:
    """Of cd/m² (ST 2084)."""
    power = (light / 10_000) ** 0.1593017578125
    coded: Values = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    return coded


def hlg(scene: Values) -> Values:
    return np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene, 1) - 0.28466892) + 0.55991073
    )


def ictcp(colour: tuple[int, int, int], transfer: ColorTrc) -> Values:
    """sRGB, whose white is 203 cd/m² → I from 0 to 1, Ct and Cp around 0."""
    srgb = np.array(colour) / 255
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    wide = np.array(BT2020_OF_BT709) @ light * 203
    if transfer == ColorTrc.SMPTE2084:
        return BY_PQ @ pq(LMS @ wide)
    shown = wide / 1000  # of a screen of 1,000 cd/m²
    luminance = float(np.dot((0.2627, 0.6780, 0.0593), shown))
    scene = shown * luminance ** (1 / 1.2 - 1) if luminance else shown
    return BY_HLG @ hlg(LMS @ scene)


def film(path: Path, colour: tuple[int, int, int], transfer: ColorTrc, span: ColorRange, pixel_format: str) -> Path:
    lightness, *mixes = ictcp(colour, transfer)
    full = span == ColorRange.JPEG
    black, white, width = (0, 1023, 1023) if full else (64, 876, 896)
    levels = [round(black + white * lightness), *(round(512 + width * mix) for mix in mixes)]
    frame = av.VideoFrame(64, 48, pixel_format)
    for plane, level in zip(frame.planes, levels, strict=True):
        plane.update(np.full(plane.buffer_size // 2, level, np.uint16).tobytes())

    def configure(stream: av.VideoStream) -> None:
        context = stream.codec_context
        context.color_trc, context.color_primaries = transfer, ColorPrimaries.BT2020
        context.colorspace, context.color_range = ICTCP, span

    return write_frame(path, "ffv1", frame, configure=configure)


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv444p10le"])
@pytest.mark.parametrize("span", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("transfer", [ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67])
def test_colours_are_shown_as_they_were(
    transfer: ColorTrc, span: ColorRange, pixel_format: str, tmp_path: Path
) -> None:
    for colour in COLOURS:
        source = MediaSource("film", film(tmp_path / "a.mkv", colour, transfer, span, pixel_format))
        shown = ChosenFrames.of(source, all_frames, max_pixels=10**8).read().frames
        assert np.abs(shown.astype(int) - colour).max() <= 3, colour


def test_what_no_colour_has_is_cut_off() -> None:
    codes = np.random.default_rng(0).integers(0, 65536, (8, 8, 3), dtype=np.uint16)
    for full in (False, True):
        assert lms_codes(codes, hlg=False, full=full).shape == codes.shape
    black = np.array([[[16 << 8, 1 << 15, 1 << 15]]], np.uint16)
    assert lms_codes(black, hlg=False, full=False).max() == 0
