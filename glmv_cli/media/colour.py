"""Any of Pillow's colour modes → RGB with eight bits, as a screen shows it: sRGB, alpha over white."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from glmv_cli.media.frames import Pixels

_ALPHA_MODES = ("RGBA", "LA")
_MANAGED = ("RGB", "L", "CMYK", "LAB")
"""What LittleCMS takes from Pillow; other modes become one of these first."""


def to_rgb(image: Image.Image) -> Pixels:
    """Return ``[H, W, 3]``, writable (``np.array`` copies): torch warns about read-only memory."""
    if image.mode.startswith("I;16"):
        # Pillow would clip at 255 instead of scaling.
        return _grey((np.asarray(image).astype(np.uint32) + 128) // 257)
    if image.mode in ("I", "F"):
        # 32-bit values have no agreed white, so the darkest becomes black and the brightest white.
        values = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0, neginf=0)
        span = float(np.ptp(values)) or 1.0
        return _grey(np.rint((values - values.min()) * (255 / span)))
    if not image.has_transparency_data:
        return np.array(_to_srgb(image).convert("RGB"), dtype=np.uint8)
    seen = image if image.mode in _ALPHA_MODES else image.convert("RGBA")
    alpha = seen.getchannel("A")
    opaque = seen.convert("L" if seen.mode == "LA" else "RGB")
    opaque.info = image.info
    colours = _to_srgb(opaque).convert("RGB")
    colours.putalpha(alpha)
    white = Image.new("RGBA", colours.size, "white")
    return np.array(Image.alpha_composite(white, colours).convert("RGB"), dtype=np.uint8)


def _to_srgb(image: Image.Image) -> Image.Image:
    """The colours that ``image`` means by its ICC profile; without one, or with a broken one, as they are."""
    profile = image.info.get("icc_profile")
    if image.mode == "LAB":
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif not isinstance(profile, bytes) or not profile:
        return image
    else:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            # The usual case. Converting would only add rounding.
            if "srgb" in ImageCms.getProfileDescription(source).lower():
                return image
        except (OSError, ImageCms.PyCMSError):
            return image
    if image.mode not in _MANAGED:
        image = image.convert("RGB")
    # A profile for other colours than the picture has (a grey one in an RGB file) is an error there, and no use.
    with contextlib.suppress(ImageCms.PyCMSError):
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        assert converted is not None  # only in place there is nothing to return
        return converted
    return image


def _grey(values: NDArray[np.generic]) -> Pixels:
    """``[H, W]`` in 0..255 to ``[H, W, 3]``."""
    return np.repeat(values.astype(np.uint8)[:, :, None], 3, axis=2)
