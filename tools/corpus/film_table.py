"""Which films the corpus has: every codec in its containers, then what else may differ, one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import av

from tools.corpus.film import Film, Matrix, Pace

HOURS = 3600 * 24
"""Frames in an hour, at the usual rate."""
_X264 = (("mbtree", "0"),)
"""For the macroblock tree, x264's vector code reads memory that was never set, and spends bits by what it finds."""
_NO_B = (*_X264, ("bf", "0"))
_X265 = (("x265-params", "log-level=none:pools=none:frame-threads=1"),)
_SVT = (("svtav1-params", "lp=1"),)


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder of libav, the pixel formats it is asked for, and the containers that take it."""

    encoder: str
    pixel_formats: tuple[str, ...]
    endings: tuple[str, ...]
    size: tuple[int, int] = (96, 64)
    error: float = 18.0
    matrix: Matrix = "itu601"
    options: tuple[tuple[str, str], ...] = ()


CODECS = (
    Codec(
        "libx264",
        ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuv444p10le"),
        ("mp4", "mov", "mkv", "ts", "flv", "3gp"),
        options=_X264,
    ),
    Codec("libx264rgb", ("rgb24", "bgr0"), ("mp4", "mov", "mkv"), options=_X264),
    Codec(
        "libx265",
        ("yuv420p", "yuvj420p", "yuv422p10le", "yuv444p12le", "gbrp"),
        ("mp4", "mov", "mkv", "ts", "flv"),
        options=_X265,
    ),
    Codec("libvpx", ("yuv420p",), ("webm", "mkv", "avi", "ogv")),
    Codec("libvpx-vp9", ("yuv420p", "yuva420p", "yuv440p", "yuv444p", "gbrp"), ("webm", "mkv", "mp4", "avi")),
    Codec("libsvtav1", ("yuv420p", "yuv420p10le"), ("webm", "mkv", "mp4", "avi"), options=_SVT),
    Codec("mpeg4", ("yuv420p",), ("mp4", "mov", "mkv", "avi", "ts", "mpg", "wmv", "3gp")),
    Codec("mpeg2video", ("yuv420p", "yuv422p"), ("mpg", "ts", "mkv", "mp4", "mov", "avi")),
    Codec("mpeg1video", ("yuv420p",), ("mpg", "ts", "mkv", "mp4")),
    Codec("mjpeg", ("yuvj420p", "yuvj422p", "yuvj444p"), ("avi", "mov", "mkv", "mp4")),
    Codec("prores_ks", ("yuv422p10le", "yuv444p10le", "yuva444p10le"), ("mov", "mkv")),
    Codec("dnxhd", ("yuv422p",), ("mov",), (256, 128), matrix="itu709", options=(("profile", "dnxhr_sq"),)),
    Codec("cfhd", ("yuv422p10le", "gbrp12le"), ("mov", "avi")),
    Codec("ffv1", ("yuv420p", "yuv411p", "yuv420p16le", "bgr0", "bgra", "gray", "gray16le"), ("mkv", "avi", "mp4")),
    Codec("huffyuv", ("yuv422p", "rgb24", "bgra"), ("avi",)),
    Codec("ffvhuff", ("yuv420p", "gbrp16le"), ("avi",)),
    Codec("utvideo", ("yuv420p", "gbrp", "gbrap"), ("avi",)),
    Codec("magicyuv", ("yuv420p", "gray"), ("avi", "mov")),
    Codec("qtrle", ("rgb24", "argb", "gray"), ("mov",)),
    Codec("png", ("rgb24", "rgba", "rgb48be", "gray", "gray16be"), ("mov", "avi", "mp4")),
    Codec("jpeg2000", ("yuv420p", "rgb24", "gray"), ("mp4", "mov", "mkv")),
    Codec("jpegls", ("rgb24", "gray"), ("avi",)),
    Codec("rawvideo", ("yuv420p", "gray"), ("mkv", "avi")),
    Codec("v210", ("yuv422p10le",), ("mov", "avi")),
    Codec("v410", ("yuv444p10le",), ("mov",)),
    Codec("r210", ("gbrp10le",), ("mov",)),
    Codec("h263p", ("yuv420p",), ("avi", "wmv")),
    Codec("flv", ("yuv420p",), ("flv", "avi")),
    Codec("flashsv", ("bgr24",), ("flv",)),
    Codec("wmv1", ("yuv420p",), ("wmv", "avi")),
    Codec("wmv2", ("yuv420p",), ("wmv", "avi")),
    Codec("msmpeg4v2", ("yuv420p",), ("wmv", "avi")),
    Codec("msmpeg4", ("yuv420p",), ("wmv", "avi", "mkv")),
    Codec("msvideo1", ("rgb555le",), ("avi",)),
    Codec("cinepak", ("rgb24",), ("avi", "mov")),
    Codec("dvvideo", ("yuv420p",), ("avi", "mov"), size=(720, 576)),
    Codec("snow", ("yuv420p",), ("mkv", "avi"), error=24),
    Codec("svq1", ("yuv410p",), ("mov",), error=24),
    Codec("rpza", ("rgb555le",), ("mov",)),
    Codec("asv1", ("yuv420p",), ("avi",)),
    Codec("speedhq", ("yuv420p",), ("avi",)),
    Codec("targa", ("bgr24",), ("mov", "avi")),
    Codec("zlib", ("bgr24",), ("avi",)),
)
_H264, _H265, _VP9 = (
    next(row for row in CODECS if row.encoder == name) for name in ("libx264", "libx265", "libvpx-vp9")
)
_RATES = (Fraction(15), Fraction(24), Fraction(30000, 1001), Fraction(60))
_KEEPS_TIMES: tuple[tuple[Codec, str], ...] = (
    (_H264, "mp4"), (_H264, "mov"), (_H264, "mkv"), (_H264, "ts"), (_H264, "flv"), (_H265, "mp4"), (_VP9, "webm"),
)  # fmt: skip
"""Where each frame may be as long as it likes; AVI and MPEG's elementary streams count frames instead."""


def available() -> tuple[Codec, ...]:
    """The codecs that this build of PyAV can write."""
    return tuple(row for row in CODECS if row.encoder in av.codecs_available)


def by_codec(row: Codec) -> Iterator[Film]:
    """``row`` in each of its containers, and in the first of them each of its pixel formats."""
    for ending in row.endings:
        yield _film(row, ending)
    for pixel_format in row.pixel_formats[1:]:
        yield replace(_film(row, row.endings[0], pixel_format), pixel_format=pixel_format)


def by_time() -> Iterator[Film]:
    """Rates, paces and late beginnings, in containers that keep them."""
    paces: tuple[Pace, ...] = ("steady", "jitter", "drops", "slows", "pauses")
    for row, ending in _KEEPS_TIMES:
        for rate in _RATES:
            for pace in paces:
                label = f"{float(rate):.4g}fps-{pace}"
                yield replace(_film(row, ending, label), rate=rate, pace=pace, count=24)
        yield replace(_film(row, ending, "late"), start=50)


def by_turn() -> Iterator[Film]:
    """What phones that are held in other ways, or by their front camera, make."""
    for row, ending in ((_H264, "mp4"), (_H264, "mov"), (_H264, "mkv"), (_H265, "mp4")):
        for turn in (0, 90, 180, 270):
            for mirror in (False, True):
                label = f"turn{turn}{'-mirror' if mirror else ''}"
                yield replace(_film(row, ending, label), turn=turn, mirror=mirror, count=3)


def by_matrix() -> Iterator[Film]:
    """Stored by the matrix of high definition, and saying so."""
    for row, ending in ((_H264, "mp4"), (_H265, "mkv"), (_VP9, "webm")):
        yield replace(_film(row, ending, "itu709"), matrix="itu709")


def by_length() -> Iterator[Film]:
    """From one frame to three minutes, with few and with many key frames, and fragmented."""
    for row, ending in ((_H264, "mp4"), (_H264, "mkv"), (_VP9, "webm"), (_H264, "ts")):
        for count in (1, 2, 3, 240, 180 * 24):
            yield replace(_film(row, ending, f"{count}frames"), count=count, gop=250)
    yield replace(_film(_H264, "mp4", "intra"), count=48, gop=1)
    yield replace(_film(_H264, "mp4", "fragments"), count=48, movflags="frag_keyframe+empty_moov")
    yield replace(_film(_H264, "mp4", "faststart"), count=48, movflags="faststart")
    yield replace(_film(_H264, "mp4", "no-b-frames"), count=48, options=_NO_B)


def long_films() -> Iterator[Film]:
    """Two hours, at a low resolution."""
    yield replace(_film(_H264, "mp4", "2hours"), count=2 * HOURS, gop=250)
    yield replace(_film(_H264, "mkv", "2hours"), count=2 * HOURS, gop=250)
    yield replace(_film(_H264, "mp4", "2hours-pauses"), count=15000, gop=50, pace="pauses")


def all_films() -> Iterator[Film]:
    """The whole corpus but for :func:`long_films`."""
    for row in available():
        yield from by_codec(row)
    for films in (by_time, by_turn, by_matrix, by_length):
        yield from (film for film in films() if film.codec in av.codecs_available)


def _film(row: Codec, ending: str, label: str = "") -> Film:
    name = "-".join(filter(None, (row.encoder, label)))
    return Film(
        f"{name}.{ending}",
        row.encoder,
        row.pixel_formats[0],
        row.size,
        rate=Fraction(25),
        error=row.error,
        matrix=row.matrix,
        options=row.options,
    )
