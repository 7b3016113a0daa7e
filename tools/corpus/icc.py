"""ICC profiles of three primaries and a gamma, and what colours mean by them (ICC.1:2001-04, 6.3.1.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# The primaries of sRGB, adapted to the white of profiles (D50).
RED, GREEN, BLUE = (0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
D50 = (0.9642, 1.0, 0.8249)
Xyz = tuple[float, float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Profile:
    """Primaries in XYZ, and the power by which light follows from levels."""

    red: Xyz = RED
    green: Xyz = GREEN
    blue: Xyz = BLUE
    gamma: float = 2.2

    def encoded(self) -> bytes:
        """As it stands in files."""
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(self.gamma * 256)) + bytes(2)
        name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
        tags = {
            b"desc": name + bytes(-len(name) % 4),
            b"cprt": b"text\0\0\0\0none\0\0\0\0",
            b"wtpt": _xyz(D50),
            b"rXYZ": _xyz(self.red),
            b"gXYZ": _xyz(self.green),
            b"bXYZ": _xyz(self.blue),
            **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
        }
        at = 128 + 4 + 12 * len(tags)
        table, body = struct.pack(">I", len(tags)), b""
        for key, value in tags.items():
            table += struct.pack(">4sII", key, at + len(body), len(value))
            body += value
        header = struct.pack(">I4sI4s4s4s12x4s", at + len(body), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
        header += bytes(28) + _xyz(D50)[8:]
        return header.ljust(128, b"\0") + table + body

    def in_srgb(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """What levels ``[..., 3]`` of this profile are in sRGB (IEC 61966-2-1); what it has no words for is clipped."""
        light = (rgb / 255.0) ** self.gamma @ np.array((self.red, self.green, self.blue))
        srgb = np.clip(light @ np.linalg.inv(np.array((RED, GREEN, BLUE))), 0, 1)
        levels = np.where(srgb <= 0.0031308, 12.92 * srgb, 1.055 * srgb ** (1 / 2.4) - 0.055)
        rounded: npt.NDArray[np.uint8] = np.rint(levels * 255).astype(np.uint8)
        return rounded


PROFILES = {
    "swapped": Profile(BLUE, GREEN, RED),
    "linear": Profile(gamma=1.0),
    # Of Display P3 (SMPTE EG 432-1, adapted to D50): phones and laptops write it.
    "p3": Profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
}


def srgb_to_lab(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """CIE L*a*b* (D50) of levels ``[..., 3]`` as TIFF stores it: L in 255ths of 100; a and b as signed bytes."""
    levels = rgb / 255.0
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    ratio = light @ np.array((RED, GREEN, BLUE)) / np.array(D50)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    lightness = (116 * f[..., 1] - 16) * 255 / 100
    a, b = 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])
    bands = np.stack((lightness, a + 128, b + 128), axis=-1)
    rounded: npt.NDArray[np.uint8] = np.rint(bands).clip(0, 255).astype(np.uint8)
    return rounded


def _xyz(value: Xyz) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(number * 65536)) for number in value)
