"""What has pages: PDF and TIFF files, told apart by content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

from glmv_cli.errors import MediaError
from glmv_cli.media.naming import as_argument
from glmv_cli.media.sniff import HEAD_BYTES, sniff
from glmv_cli.media.source import cannot_open, open_bytes
from glmv_cli.media.tiff import SIGNATURES, page_frames
from glmv_cli.messages import MediaSource


@dataclass(frozen=True, slots=True)
class Pages(Sequence[MediaSource]):
    """``length`` pages of ``document``, each made when it is asked for: a file of a kilobyte can claim a million."""

    document: MediaSource
    length: int

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: int) -> MediaSource: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[MediaSource]: ...
    def __getitem__(self, index: int | slice) -> MediaSource | Sequence[MediaSource]:
        numbers = range(1, self.length + 1)[index]
        page_of = self.document.page_of
        return page_of(numbers) if isinstance(numbers, int) else tuple(map(page_of, numbers))


def is_pdf(source: MediaSource) -> bool:
    """Raises :class:`InputNotFoundError` if it cannot be read."""
    try:
        with open_bytes(source) as file:
            return sniff(file.read(HEAD_BYTES)) == "document"
    except OSError as error:
        raise cannot_open(source.name, error) from error


def pages_of(source: MediaSource) -> Sequence[MediaSource] | None:
    """All pages of ``source``, as many as it says that it has; ``None`` if it is of a kind without pages. A TIFF of one
    picture is its only page.

    Raises :class:`MediaError` for a document that cannot be used, :class:`InputNotFoundError` if it cannot be read.
    """
    if is_pdf(source):
        from glmv_cli.media.pdf import count_pages  # pdfium

        return Pages(source, count_pages(source))
    try:
        with open_bytes(source) as file:
            if file.read(4) not in SIGNATURES:
                return None
            count = len(page_frames(file))
    except OSError as error:
        raise cannot_open(source.name, error) from error
    return (source,) if count == 1 else Pages(source, count)


def check_pages(source: MediaSource, numbers: Iterable[int]) -> None:
    """Raise :class:`MediaError` if one of the pages ``numbers`` is not there: a PDF can claim more than it has.

    What it costs grows with ``numbers`` up to the first that is missing.
    """
    if not is_pdf(source):
        return  # those of a TIFF were counted one by one
    from glmv_cli.media.pdf import first_missing  # pdfium

    missing = first_missing(source, numbers)
    if missing is None:
        return
    first = first_missing(source, range(1, missing + 1)) or missing
    there = as_argument(source.name) + ("#1" if first == 2 else f"#1-{first - 1}")
    way_out = f", or name pages that are there, as {there}" if first > 1 else ""
    raise MediaError(
        f"{source.name} says that it has a page {missing}, which is not there",
        f"the file is damaged: fetch it again{way_out}",
    )
