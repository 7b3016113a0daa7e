"""What a prompt takes of the context, by source: known before anything is computed, with what to change if it is too
much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.events import PromptPart, PromptSize
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO, ModelInputs
from glmv_cli.prompt.pixels import PixelRules, picture_tokens
from glmv_cli.units import format_count

_AS_TRAINED = SeeingOptions()


@dataclass(frozen=True, slots=True)
class Share:
    """What one picture, page or film takes. ``size`` is height and width of a picture, ``None`` for a film."""

    source: MediaSource
    size: tuple[int, int] | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Account:
    """All of a prompt. ``rules`` and ``seeing`` are those by which its pictures were resized; a model that only reads
    has no rules.
    """

    text: int
    shares: tuple[Share, ...] = ()
    rules: PixelRules | None = None
    seeing: SeeingOptions = _AS_TRAINED

    @property
    def total(self) -> int:
        """Tokens."""
        return self.text + sum(share.tokens for share in self.shares)

    def exactly(self, inputs: ModelInputs) -> Account:
        """The same as it has become: before, films count nothing, and pictures by their headers."""
        counts = {kind: iter(_counts(inputs, kind)) for kind in (IMAGE, VIDEO)}
        shares = (replace(share, tokens=next(counts[VIDEO if share.size is None else IMAGE])) for share in self.shares)
        return replace(self, text=inputs.tokens(TEXT), shares=tuple(shares))

    def told(self, context: int) -> PromptSize:
        """For the user: pages of one document are one source."""
        counts: dict[str, tuple[int, int]] = {}
        for share in self.shares:
            count, tokens = counts.get(share.source.document, (0, 0))
            counts[share.source.document] = (count + 1, tokens + share.tokens)
        media = (PromptPart(name, count, tokens) for name, (count, tokens) in counts.items())
        return PromptSize((PromptPart("text", 1, self.text), *media), context)


def check_room(account: Account, context: int, most: int, answer: int) -> None:
    """Raise :class:`GlmvError` if nothing is left for the answer in a ``context`` of tokens; it says what to change.

    ``most`` is the longest context that the model was made for, ``answer`` how many tokens the answer shall have room
    for, once things are changed.
    """
    if account.total < context:
        return
    parts = ", ".join(
        part.name + (f" ({part.count} pages)" if part.count > 1 else "") + f" {format_count(part.tokens)}"
        for part in account.told(context).parts
    )
    ways = _ways(account, context - min(answer, context // 4))
    if context < most:
        ways.append(f"raise --context, up to {most}")
    raise GlmvError(
        f"the prompt has {format_count(account.total)} tokens, and the model takes {format_count(context)} with its "
        f"answer: {parts}",
        f"{format_count(account.total + 1 - context)} or more tokens must go: {'; or '.join(ways)}",
    )


def largest_image_tokens(account: Account, room: int) -> int | None:
    """The ``--max-image-tokens`` with which the prompt has ``room`` tokens at most; ``None`` if nothing does it."""
    sizes = [share.size for share in account.shares if share.size is not None]
    rules = account.rules
    if rules is None or not sizes:
        return None
    least = account.seeing.min_image_tokens
    pictures = sum(share.tokens for share in account.shares if share.size is not None)
    others = account.total - pictures

    def fits(most: int) -> bool:
        try:
            narrowed = rules.within(least, most)
        except UsageError:  # less than the least that is asked for
            return False
        return others + sum(picture_tokens(*size, narrowed) for size in sizes) <= room

    low, high = 0, max(share.tokens for share in account.shares if share.size is not None)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low or None


def _ways(account: Account, room: int) -> list[str]:
    """What to change about the source that takes most."""
    largest = max(account.shares, key=lambda share: _of_document(account.shares, share.source.document), default=None)
    if largest is None or account.text > _of_document(account.shares, largest.source.document):
        return ["use less text"]
    ways = []
    tokens = largest_image_tokens(account, room)
    if tokens is not None:
        ways.append(f"--max-image-tokens {tokens} makes it fit")
    if largest.size is None:
        ways.append(f"use a part of {largest.source.document}, or fewer frames of it")
    elif largest.source.page is not None:
        ways.append(_fewer_pages(account, largest.source.document, room))
    else:
        ways.append("use fewer pictures")
    return ways


def _fewer_pages(account: Account, document: str, room: int) -> str:
    pages = [share for share in account.shares if share.source.document == document]
    left = room - (account.total - _of_document(pages, document))
    fitting = 0
    for share in pages:
        left -= share.tokens
        if left < 0:
            break
        fitting += 1
    if not fitting:
        return f"use fewer pages than {len(pages)}"
    first, last = pages[0].source.page, pages[fitting - 1].source.page
    return f"use fewer pages: {document}#{first}-{last} fits" if fitting > 1 else f"use one page: {document}#{first}"


def _of_document(shares: Sequence[Share], document: str) -> int:
    return sum(share.tokens for share in shares if share.source.document == document)


def _counts(inputs: ModelInputs, kind: int) -> list[int]:
    """Tokens of each medium of a kind, in the order of the prompt."""
    vision = inputs.images if kind == IMAGE else inputs.videos
    if vision is None:
        return []
    patches: list[int] = vision.grids.prod(-1).tolist()
    merged = sum(patches) // inputs.tokens(kind)
    return [count // merged for count in patches]
