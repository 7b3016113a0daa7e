"""What is taken of the media that somebody names: pixels, pages, and what fetching may cost."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.config import DEFAULTS, Settings
from glmv_cli.errors import MediaError

DEFAULT_MAX_PIXELS = DEFAULTS.max_pixels
DEFAULT_PAGE_SECONDS = DEFAULTS.page_seconds


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may cost. ``stall_s``: without a single byte; ``total_s``: all in all.

    ``public_only``: nothing is fetched from this machine and private networks. That is for those who fetch what
    strangers name.
    """

    bytes: int = DEFAULTS.fetch_size
    stall_s: float = DEFAULTS.fetch_stall_seconds
    total_s: float = DEFAULTS.fetch_seconds
    redirects: int = DEFAULTS.fetch_redirects
    public_only: bool = False


@dataclass(frozen=True, slots=True)
class FindLimits:
    """What is taken of an argument: how many pages if it names none, and what its address may cost."""

    max_pages: int = DEFAULTS.max_pages
    fetch: FetchLimits = FetchLimits()

    @classmethod
    def of(cls, settings: Settings) -> FindLimits:
        """What the settings say."""
        fetch = FetchLimits(
            settings.fetch_size, settings.fetch_stall_seconds, settings.fetch_seconds, settings.fetch_redirects
        )
        return cls(settings.max_pages, fetch)


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Raise ``MediaError`` if ``width`` x ``height`` exceeds ``max_pixels``."""
    pixels = width * height
    if pixels > max_pixels:
        raise MediaError(
            f"{name} has {pixels:,} pixels ({width}x{height}), more than the limit of {max_pixels:,}",
            hint=f"if you trust the file, allow it with --max-pixels {pixels}, or make it smaller first",
        )
