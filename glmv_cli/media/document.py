"""What has pages: PDF and TIFF files, told apart by content."""

from __future__ import annotations

from glmv_cli.media.sniff import HEAD_BYTES, sniff
from glmv_cli.media.source import cannot_open, open_bytes
from glmv_cli.media.tiff import SIGNATURES, page_frames
from glmv_cli.messages import MediaSource


def is_pdf(source: MediaSource) -> bool:
    """Raises :class:`InputNotFoundError` if it cannot be read."""
    try:
        with open_bytes(source) as file:
            return sniff(file.read(HEAD_BYTES)) == "document"
    except OSError as error:
        raise cannot_open(source.name, error) from error


def pages_of(source: MediaSource) -> tuple[MediaSource, ...] | None:
    """All pages of ``source``; ``None`` if it is of a kind without pages. A TIFF of one picture is its only page.

    Raises :class:`MediaError` for a document that cannot be used, :class:`InputNotFoundError` if it cannot be read.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import count_pages  # pdfium

        return _numbered(source, count_pages(source))
    try:
        with open_bytes(source) as file:
            if file.read(4) not in SIGNATURES:
                return None
            count = len(page_frames(file))
    except OSError as error:
        raise cannot_open(source.name, error) from error
    return (source,) if count == 1 else _numbered(source, count)


def _numbered(source: MediaSource, count: int) -> tuple[MediaSource, ...]:
    return tuple(source.page_of(number) for number in range(1, count + 1))
