"""ICtCp, a way to keep HDR's colours that separates brightness better than luma and chroma do (ITU-R BT.2100, table 7).

Its axes mix what the three kinds of cones in the eye, L, M and S, get of the light, each in the code of PQ or HLG.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

ICTCP = 14
"""``AVCOL_SPC_ICTCP``, which PyAV's enumeration lacks; the number of ITU-T H.273."""

_FROM_PQ = ((2048, 2048, 0), (6610, -13613, 7003), (17933, -17390, -543))
_FROM_HLG = ((2048, 2048, 0), (3625, -7465, 3840), (9500, -9212, -288))
_FROM_RGB = ((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))
"""4096ths: of the codes of L, M and S in I, Ct and Cp; and of red, green and blue of BT.2020 in L, M and S."""
_RGB_OF_LMS = (np.linalg.inv(np.array(_FROM_RGB)) * 4096).astype(np.float32)


def lms_codes(codes: NDArray[np.uint16], *, hlg: bool, full: bool) -> NDArray[np.uint16]:
    """I, Ct and Cp ``[H, W, 3]`` → the codes of L, M and S; all have 16 bits.

    ``full``: whether I uses all of them, rather than those from 16 to 235 256ths, as films do. libswscale shifts
    values of fewer bits up, so that their white is a thousandth less; nobody sees that.
    """
    black, white, span = (0, 65535, 65535) if full else (16 << 8, 235 << 8, 224 << 8)
    values = (codes.astype(np.float32) - np.array((black, 1 << 15, 1 << 15), np.float32)) / np.array(
        (white - black, span, span), np.float32
    )
    matrix = np.linalg.inv(np.array(_FROM_HLG if hlg else _FROM_PQ)) * 4096
    lms = np.clip(values @ matrix.T.astype(np.float32), 0, 1)
    return cast(NDArray[np.uint16], np.rint(lms * 65535).astype(np.uint16))


def rgb_of_lms(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light ``[H, W, 3]`` as L, M and S → as red, green and blue of BT.2020; what no screen shows is cut off."""
    return cast(NDArray[np.float32], np.maximum(light @ _RGB_OF_LMS.T, 0))
