"""Any of Pillow's colour modes → RGB with eight bits, as a screen shows it: sRGB, alpha over white."""

from __future__ import annotations

import contextlib
import io

from PIL import Image, ImageCms

from glmv_cli.media.depth import is_deep, to_eight_bits

_ALPHA_MODES = ("RGBA", "LA")
_MANAGED = ("RGB", "L", "CMYK", "LAB")
"""What LittleCMS takes from Pillow; other modes become one of these first."""


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture → mode ``RGB``: ``image`` itself, if it is that already. Alpha is laid over white."""
    if is_deep(image):
        image = to_eight_bits(image)
    if not image.has_transparency_data:
        return _as_rgb(_to_srgb(image))
    seen = _with_alpha(image)
    alpha = seen.getchannel("A")
    opaque = seen.convert("L" if seen.mode == "LA" else "RGB")
    opaque.info = {"icc_profile": image.info.get("icc_profile")}
    paper = Image.new("RGB", opaque.size, "white")
    paper.paste(_as_rgb(_to_srgb(opaque)), mask=alpha)
    return paper


def _as_rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _with_alpha(image: Image.Image) -> Image.Image:
    """As ``RGBA`` or ``LA``, not multiplied with alpha."""
    if image.mode == "La":
        return image.convert("LA")
    colour = image.info.get("transparency")
    if isinstance(colour, tuple) and max(colour) > 255:
        # Of a PNG with 16 bits, of which Pillow keeps the upper eight.
        image.info["transparency"] = tuple(value >> 8 for value in colour)
    return image if image.mode in _ALPHA_MODES else image.convert("RGBA")


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
