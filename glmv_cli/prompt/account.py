"""What a prompt takes of the context, by source: known before anything is computed, with what to change if it is too
much. Without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from glmv_cli.errors import GlmvError
from glmv_cli.events import PromptPart, PromptSize
from glmv_cli.media.naming import as_argument
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.pixels import PixelRules, tokens_of
from glmv_cli.units import format_count

_AS_TRAINED = SeeingOptions()


@dataclass(frozen=True, slots=True)
class Share:
    """What one picture, page or film takes; ``size`` is its height and width."""

    source: MediaSource
    size: tuple[int, int]
    tokens: int
    marks: tuple[int, ...] = ()
    """Of a film: for each patch by time, how many tokens of text stand around it. They count as text."""

    @property
    def is_film(self) -> bool:
        """Rather than a picture, which has no time."""
        return bool(self.marks)


@dataclass(frozen=True, slots=True)
class Account:
    """All of a prompt. Rules and ``seeing`` are those by which pictures and films are resized; what is read only has
    no rules.
    """

    text: int
    shares: tuple[Share, ...] = ()
    image_rules: PixelRules | None = None
    video_rules: PixelRules | None = None
    seeing: SeeingOptions = _AS_TRAINED

    @property
    def total(self) -> int:
        """Tokens."""
        return self.text + sum(share.tokens for share in self.shares)

    def exactly(self, text: int, pictures: Iterable[int], films: Iterable[int]) -> Account:
        """The same as it has become: of damaged films there may be fewer frames than there seemed to be."""
        counts = {False: iter(pictures), True: iter(films)}
        shares = (replace(share, tokens=next(counts[share.is_film])) for share in self.shares)
        return replace(self, text=text, shares=tuple(shares))

    def told(self, context: int) -> PromptSize:
        """For the user: pages of one document are one source."""
        parts = {"": PromptPart("text", self.text)}
        for share in self.shares:
            name = share.source.document
            before = parts.get(name)
            pages = int(share.source.page is not None)
            if before is None:
                parts[name] = PromptPart(share.source.name, share.tokens, pages)
            else:
                parts[name] = PromptPart(name, before.tokens + share.tokens, before.pages + pages)
        return PromptSize(tuple(parts.values()), context)


def check_room(account: Account, context: int, most: int, answer: int) -> None:
    """Raise :class:`GlmvError` if nothing is left for the answer in a ``context`` of tokens; it says what to change.

    ``most`` is the longest context that the model was made for, ``answer`` how many tokens the answer shall have room
    for, once things are changed.
    """
    if account.total < context:
        return
    parts = ", ".join(map(_part, account.told(context).parts))
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
    pictures = [share for share in account.shares if not share.is_film]
    rules = account.image_rules
    if rules is None or not pictures:
        return None
    least = account.seeing.min_image_tokens
    others = account.total - sum(share.tokens for share in pictures)

    def fits(most: int) -> bool:
        narrowed = rules.within(least, most)
        return others + sum(tokens_of(1, *share.size, narrowed) for share in pictures) <= room

    return _largest(least or 1, max(share.tokens for share in pictures), fits)


def largest_video_tokens(account: Account, room: int) -> int | None:
    """Likewise the ``--max-video-tokens``."""
    rules = account.video_rules
    if rules is None:
        return None
    most = max((share.tokens for share in account.shares if share.is_film), default=0)
    return _largest(1, most, lambda most: _with_films(account, rules.within(None, most), most) <= room)


def largest_frames(account: Account, room: int) -> int | None:
    """Likewise the ``--max-frames``: those of whole patches."""
    if account.video_rules is None:
        return None
    rules = account.video_rules.within(None, account.seeing.film.max_tokens)
    most = max((len(share.marks) for share in account.shares), default=0)
    patches = _largest(1, most, lambda patches: _with_films(account, rules, patches) <= room)
    return None if patches is None else patches * rules.temporal_patch_size


def _with_films(account: Account, rules: PixelRules, most: int) -> int:
    """Tokens of the prompt, at most, if no film has more than ``most`` patches by time, and ``rules`` are theirs."""
    total = account.total
    for share in account.shares:
        if share.is_film:
            patches = min(len(share.marks), most)
            tokens = tokens_of(patches * rules.temporal_patch_size, *share.size, rules)
            gone = sorted(share.marks)[: len(share.marks) - patches]  # perhaps others, which are no shorter
            total += tokens - share.tokens - sum(gone)
    return total


def _largest(least: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number from ``least`` to ``high`` that fits, if those below it do, too; ``None`` if none does."""
    low = least - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low if low >= least else None


def _part(part: PromptPart) -> str:
    pages = f" ({part.pages} pages)" if part.pages > 1 else ""
    return f"{part.name}{pages} {format_count(part.tokens)}"


def _ways(account: Account, room: int) -> list[str]:
    """What to change about the source that takes most."""
    largest = max(account.shares, key=lambda share: _of_document(account.shares, share.source.document), default=None)
    text = account.text - sum(sum(share.marks) for share in account.shares)
    if largest is None or text > _of_document(account.shares, largest.source.document):
        return ["use less text"]
    if largest.is_film:
        tokens, frames = largest_video_tokens(account, room), largest_frames(account, room)
        ways = [] if tokens is None else [f"--max-video-tokens {tokens} makes it fit"]
        ways += [] if frames is None else [f"--max-frames {frames} does"]
        return [*ways, "show a part, with --start and --end"]
    tokens = largest_image_tokens(account, room)
    ways = [] if tokens is None else [f"--max-image-tokens {tokens} makes it fit"]
    if largest.source.page is not None:
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
    name, first, last = as_argument(document), pages[0].source.page, pages[fitting - 1].source.page
    return f"use fewer pages: {name}#{first}-{last} fits" if fitting > 1 else f"use one page: {name}#{first}"


def _of_document(shares: Sequence[Share], document: str) -> int:
    return sum(share.tokens + sum(share.marks) for share in shares if share.source.document == document)
