"""Frames with more brightness or colour than screens have → sRGB: HDR (PQ, HLG) and wide gamuts.

Brightness above what a screen shows is bent by the curve of ITU-R BT.2390 (section 5.4), with HDR's white of 203 cd/m²
(BT.2408) as the brightest there is. The brightest channel decides for all three, so that hues stay.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from numpy.typing import NDArray

from glmv_cli.media.frames import Pixels
from glmv_cli.media.ictcp import ICTCP, lms_codes, rgb_of_lms
from glmv_cli.media.side_data import side_data_of

Linear = NDArray[np.float32]

_WHITE, _USUAL_PEAK, _MOST = 203.0, 1000.0, 10_000.0
"""cd/m²: of white, of the brightest spot where a film does not say, and the most that PQ can say."""
_HDR = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
_TO_BT709: Mapping[int, tuple[tuple[float, float, float], ...]] = {
    ColorPrimaries.BT2020: ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),
    ColorPrimaries.SMPTE432: ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
}
"""Of linear light: BT.2087, and the same for Display P3."""
_BAND = 64
"""Rows that are converted at a time: a frame of 4K would take 300 MB at once."""


@dataclass(frozen=True, slots=True)
class Tone:
    """What the values of a frame mean."""

    transfer: int
    primaries: int
    peak: float
    """cd/m² of its brightest spot."""
    ictcp: bool = False
    """Whether the values are those of ICtCp, rather than of red, green and blue."""
    full: bool = False
    """Of ICtCp: whether its values use all bits."""

    @classmethod
    def of(cls, frame: VideoFrame) -> Tone | None:
        """``None``: it is as screens want it."""
        transfer, primaries = int(frame.color_trc), int(frame.color_primaries)
        if int(frame.colorspace) == ICTCP:
            transfer = transfer if transfer in _HDR else ColorTrc.SMPTE2084
            return cls(transfer, ColorPrimaries.BT2020, _peak(frame), True, int(frame.color_range) == ColorRange.JPEG)
        if transfer in _HDR:
            return cls(transfer, primaries if primaries in _TO_BT709 else ColorPrimaries.BT2020, _peak(frame))
        return cls(transfer, primaries, _WHITE) if primaries in _TO_BT709 else None

    def to_srgb(self, codes: NDArray[np.uint16]) -> Pixels:
        """``[H, W, 3]``, 16 bits a value → what a screen shows of it."""
        shown = np.empty(codes.shape, np.uint8)
        for top in range(0, len(codes), _BAND):
            shown[top : top + _BAND] = self._band(codes[top : top + _BAND])
        return shown

    def _band(self, codes: NDArray[np.uint16]) -> Pixels:
        light = self._light(codes)
        if self.transfer in _HDR:
            brightest = light.max(axis=-1, keepdims=True)
            light *= _bent(brightest, self.peak) / np.maximum(brightest, 1e-6)
        matrix = np.array(_TO_BT709[self.primaries], np.float32)
        light = np.clip(light @ matrix.T, 0, 1)
        if self.transfer not in _HDR:
            return cast(Pixels, np.rint(255 * light ** (1 / 2.4)).astype(np.uint8))
        srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
        return cast(Pixels, np.rint(255 * srgb).astype(np.uint8))

    def _light(self, codes: NDArray[np.uint16]) -> Linear:
        """Linear light of the screen that the film was made for; 1 is white."""
        hlg = self.transfer == ColorTrc.ARIB_STD_B67
        if self.ictcp:
            codes = lms_codes(codes, hlg=hlg, full=self.full)
        light = self._decoded()[codes]
        if self.ictcp:
            light = rgb_of_lms(light)
        if not hlg:
            return light
        luminance = light @ np.array((0.2627, 0.6780, 0.0593), np.float32)
        return cast(Linear, light * (luminance[..., None] ** np.float32(0.2)) * np.float32(_USUAL_PEAK / _WHITE))

    def _decoded(self) -> Linear:
        """The light of each of the 65,536 codes; with HLG that of the scene, before the screen adapts it."""
        levels = np.arange(65536, dtype=np.float64) / 65535
        if self.transfer == ColorTrc.SMPTE2084:
            return _pq_light(levels).astype(np.float32)
        if self.transfer == ColorTrc.ARIB_STD_B67:
            a, b, c = 0.17883277, 0.28466892, 0.55991073  # BT.2100, table 5
            return np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - c) / a) + b) / 12).astype(np.float32)
        return (levels**2.4).astype(np.float32)  # BT.1886


def _bent(light: Linear, peak: float) -> Linear:
    """The curve of BT.2390: as it is up to a knee, then a spline that reaches white at ``peak``."""
    if peak <= _WHITE:
        return light
    top = _pq_code(np.float64(peak / _WHITE))
    most = float(_pq_code(np.float64(1)) / top)
    knee = 1.5 * most - 0.5
    code = np.minimum(_pq_code(light.astype(np.float64)) / top, 1)
    t = np.maximum(code - knee, 0) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return cast(Linear, _pq_light(np.where(code < knee, code, spline) * top).astype(np.float32))


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
"""SMPTE ST 2084."""


def _pq_light(code: NDArray[np.float64]) -> NDArray[np.float64]:
    power = code ** (1 / _M2)
    light: NDArray[np.float64] = (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return light * (_MOST / _WHITE)


def _pq_code(light: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    power = (np.maximum(light, 0) * (_WHITE / _MOST)) ** _M1
    code: NDArray[np.float64] = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return code


def _peak(frame: VideoFrame) -> float:
    """By what the film says on its content, or on the screen that it was mastered on."""
    if int(frame.color_trc) == ColorTrc.ARIB_STD_B67:
        return _USUAL_PEAK
    side_data = side_data_of(frame)  # layouts: libavutil's mastering_display_metadata.h
    peak = 0.0
    if (content := side_data.get("CONTENT_LIGHT_LEVEL")) is not None:
        peak = float(struct.unpack_from("I", bytes(content))[0])
    elif (screen := side_data.get("MASTERING_DISPLAY_METADATA")) is not None:
        numerator, denominator = struct.unpack_from("ii", bytes(screen), 72)
        peak = numerator / denominator if denominator else 0.0
    return peak if _WHITE < peak <= _MOST else _USUAL_PEAK
