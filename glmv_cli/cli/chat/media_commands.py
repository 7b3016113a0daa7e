"""Commands about pictures and films."""

from __future__ import annotations

from collections.abc import Sequence

from glmv_cli.cli.chat.changes import change
from glmv_cli.cli.chat.clipboard import clipboard_picture
from glmv_cli.cli.chat.paths import unquoted
from glmv_cli.cli.chat.preview import likeness
from glmv_cli.cli.chat.staging import Staged, chips, stage, stage_bytes
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.errors import UsageError
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.sniff import Kind


def image(talk: Talk, argument: str) -> None:
    """``/image PATH``."""
    _show(talk, argument, "image")


def video(talk: Talk, argument: str) -> None:
    """``/video PATH``."""
    _show(talk, argument, "video")


def paste(talk: Talk, argument: str) -> None:
    """``/paste``."""
    show(talk, [stage_bytes("clipboard", clipboard_picture(talk.environment.environ))])


def remove(talk: Talk, argument: str) -> None:
    """``/remove [N]``."""
    count = len(talk.staged)
    if not count:
        raise UsageError("no picture or film waits for the next question")
    number = argument or str(count)
    if not (number.isdecimal() and 1 <= int(number) <= count):
        raise UsageError(f"there is no number '{argument}' among what waits", f"say 1 to {count}")
    talk.say(f"removed {chips(talk.staged)[int(number) - 1]}")
    del talk.staged[int(number) - 1]


def preview(talk: Talk, argument: str) -> None:
    """``/preview [HOW]``: once more what waits, as it is shown from here on."""
    if argument:
        how = _SWITCHES.get(argument, argument)
        talk.settings, _ = change(talk.settings, talk.sampling, "preview", how)
    if argument or not talk.staged:
        talk.say(f"preview  {talk.settings.preview}")
    for item in talk.staged:
        tell(talk, likeness(talk.environment, talk.settings, item))


def show(talk: Talk, items: Sequence[Staged], notice: str | None = None) -> None:
    """Show what a path stands for with the next question; ``notice`` is told.

    Raises :class:`UsageError` if the model only reads.
    """
    for item in items:
        talk.add(item)
    tell(talk, seen_of(talk, items), notice)


def seen_of(talk: Talk, items: Sequence[Staged]) -> str:
    """What a person sees of them besides their chips: of several, as of a document's pages, the first one."""
    return "".join(likeness(talk.environment, talk.settings, item) for item in items[:1])


def tell(talk: Talk, seen: str, notice: str | None = None) -> None:
    """Prints a likeness, and a notice."""
    talk.environment.output.to_stderr(seen)
    talk.say("" if notice is None else f"note: {notice}")


_SWITCHES = {"on": "auto"}


def _show(talk: Talk, argument: str, kind: Kind) -> None:
    if not argument:
        raise UsageError(f"/{kind} wants the path of one", f"say /{kind} PATH")
    path = unquoted(argument) if argument[0] in "\"'~\\" or "\\" in argument else argument
    show(talk, *stage(path, FindLimits.of(talk.settings), kind))
