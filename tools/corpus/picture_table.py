"""Which pictures the corpus has: formats, modes, compressions, orientations, profiles and sizes."""

from __future__ import annotations

from collections.abc import Iterator

from tools.corpus.icc import PROFILES
from tools.corpus.picture import Picture

_JPEG = (("quality", 95), ("subsampling", 0))
_LOSSY = 18.0
_MODES: tuple[tuple[str, str, tuple[str, ...], float], ...] = (
    # (ending, format, modes, error)
    ("png", "PNG", ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), 1),
    ("tif", "TIFF", ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"), 2),
    ("bmp", "BMP", ("1", "L", "P", "RGB"), 1),
    ("gif", "GIF", ("1", "L", "P", "RGB"), 1),
    ("ppm", "PPM", ("1", "L", "RGB", "I;16"), 1),
    ("jp2", "JPEG2000", ("L", "LA", "RGB", "RGBA", "I;16"), 2),
    ("j2k", "JPEG2000", ("RGB",), 2),
    ("qoi", "QOI", ("RGB", "RGBA"), 1),
    ("dds", "DDS", ("L", "LA", "RGB", "RGBA"), 1),
    ("sgi", "SGI", ("L", "RGB", "RGBA"), 1),
    ("pcx", "PCX", ("1", "L", "P", "RGB"), 1),
    ("blp", "BLP", ("P",), 1),
    ("icns", "ICNS", ("RGB", "RGBA"), 1),
    ("msp", "MSP", ("1",), 1),
    ("xbm", "XBM", ("1",), 1),
    ("jpg", "JPEG", ("L",), _LOSSY),
    ("mpo", "MPO", ("RGB",), _LOSSY),
    ("avif", "AVIF", ("RGB", "RGBA"), _LOSSY),
    ("heic", "HEIF", ("L", "RGB", "RGBA"), _LOSSY),
    ("ras", "SUN", ("RGB",), 1),
    ("fits", "FITS", ("L",), 1),
    ("xpm", "XPM", ("RGB",), 1),
    ("cur", "CUR", ("RGB",), 1),
    ("dcx", "DCX", ("RGB",), 1),
    ("psd", "PSD", ("RGB",), 1),
    ("pxr", "PIXAR", ("RGB",), 1),
)
_REFUSED = (
    ("dib", "DIB"), ("eps", "EPS"), ("palm", "PALM"), ("spi", "SPIDER"), ("tga", "TGA"),
)  # fmt: skip
_SQUARE = {"ICNS": (1024, 1024), "CUR": (32, 32)}
"""Icons come in these sizes."""
_SIZES = ((1, 1), (1, 7), (7, 1), (2, 3), (17, 13), (300, 1), (640, 480), (4000, 3000))
LARGEST = (8000, 6000)


def by_mode() -> Iterator[Picture]:
    """Every format in each of its modes."""
    for ending, format, modes, error in _MODES:
        for mode in modes:
            options = (("quality", 95),) if format in ("AVIF", "HEIF", "JPEG", "MPO") else ()
            name = f"{format.lower()}-{_label(mode)}.{ending}"
            yield Picture(name, format, mode, _SQUARE.get(format, (40, 24)), options=options, error=error)


def by_compression() -> Iterator[Picture]:
    """Ways to pack the same pixels, and the variants of the formats in common use."""
    for name in ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "lzma", "zstd"):
        yield Picture(f"tiff-{name}.tif", "TIFF", options=(("compression", name),))
    for name in ("group3", "group4", "tiff_ccitt"):
        yield Picture(f"tiff-{name}.tif", "TIFF", "1", options=(("compression", name),))
    yield Picture("tiff-jpeg.tif", "TIFF", options=(("compression", "jpeg"), ("quality", 95)), error=_LOSSY)
    yield Picture("tiff-lab.tif", "TIFF", "LAB", error=8)
    yield Picture("tiff-big.tif", "TIFF", options=(("big_tiff", True),))
    yield Picture("jpeg-rgb.jpg", "JPEG", options=_JPEG, error=_LOSSY)
    yield Picture("jpeg-progressive.jpg", "JPEG", options=(*_JPEG, ("progressive", True)), error=_LOSSY)
    yield Picture("jpeg-420.jpg", "JPEG", size=(80, 48), options=(("quality", 90), ("subsampling", 2)), error=_LOSSY)
    yield Picture("jpeg-cmyk.jpg", "JPEG", "CMYK", options=_JPEG, error=_LOSSY)
    yield Picture("jpeg-ycbcr.jpg", "JPEG", "YCbCr", options=_JPEG, error=_LOSSY)
    yield Picture("webp-lossless.webp", "WEBP", options=(("lossless", True),))
    yield Picture("webp-lossless-alpha.webp", "WEBP", "RGBA", options=(("lossless", True), ("exact", True)))
    yield Picture("webp-lossy.webp", "WEBP", size=(80, 48), options=(("quality", 90),), error=_LOSSY)
    yield Picture("ico-png.ico", "ICO", size=(32, 32), options=(("sizes", ((32, 32),)),))
    yield Picture("ico-bmp.ico", "ICO", size=(32, 32), options=(("sizes", ((32, 32),)), ("bitmap_format", "bmp")))
    yield Picture("sgi-16bit.sgi", "SGI", options=(("bpc", 2),))


def by_orientation() -> Iterator[Picture]:
    """EXIF's eight ways to hold a camera, in the formats that note it."""
    kinds: tuple[tuple[str, str, tuple[tuple[str, object], ...], float], ...] = (
        ("jpg", "JPEG", _JPEG, _LOSSY),
        ("png", "PNG", (), 1),
        ("tif", "TIFF", (), 1),
        ("webp", "WEBP", (("lossless", True),), 1),
        ("avif", "AVIF", (("quality", 95),), _LOSSY),
        ("heic", "HEIF", (("quality", 95),), _LOSSY),
    )
    for ending, format, options, error in kinds:
        for value in range(1, 9):
            name = f"{format.lower()}-orientation{value}.{ending}"
            yield Picture(name, format, size=(64, 48), orientation=value, options=options, error=error)


def by_profile() -> Iterator[Picture]:
    """Colours that mean others than they say."""
    for profile in PROFILES:
        for ending, format, options in (
            ("png", "PNG", ()),
            ("tif", "TIFF", ()),
            ("webp", "WEBP", (("lossless", True),)),
        ):
            yield Picture(f"icc-{profile}.{ending}", format, profile=profile, options=options, error=4)
        yield Picture(f"icc-{profile}.jpg", "JPEG", profile=profile, options=_JPEG, error=_LOSSY)


def by_size() -> Iterator[Picture]:
    """From one pixel on."""
    for width, height in _SIZES:
        size = (width, height)
        yield Picture(f"size-{width}x{height}.png", "PNG", size=size)
        yield Picture(f"size-{width}x{height}.tif", "TIFF", size=size)
        yield Picture(f"size-{width}x{height}.webp", "WEBP", size=size, options=(("lossless", True), ("method", 0)))
        yield Picture(f"size-{width}x{height}.jpg", "JPEG", size=size, options=_JPEG, error=_LOSSY)


def by_refusal() -> Iterator[Picture]:
    """What Pillow writes and is not read here."""
    for ending, format in _REFUSED:
        mode = {"PALM": "1", "SPIDER": "F"}.get(format, "RGB")
        yield Picture(f"refused-{format.lower()}.{ending}", format, mode, refused=True)


def large_pictures() -> Iterator[Picture]:
    """48 megapixels, as phones make them."""
    yield Picture("size-8000x6000.png", "PNG", size=LARGEST, options=(("compress_level", 1),))
    yield Picture("size-8000x6000.jpg", "JPEG", size=LARGEST, options=_JPEG, error=_LOSSY)


def all_pictures() -> Iterator[Picture]:
    """The whole corpus but for :func:`large_pictures`."""
    for pictures in (by_mode, by_compression, by_orientation, by_profile, by_size, by_refusal):
        yield from pictures()


def _label(mode: str) -> str:
    return mode.lower().replace(";", "-")
