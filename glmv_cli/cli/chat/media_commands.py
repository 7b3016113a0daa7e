"""Commands about pictures and films."""

from __future__ import annotations

from glmv_cli.cli.chat.clipboard import clipboard_picture
from glmv_cli.cli.chat.paths import unquoted
from glmv_cli.cli.chat.staging import chips, stage, stage_bytes
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
    talk.add(stage_bytes("clipboard", clipboard_picture(talk.environment.environ)))


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


def _show(talk: Talk, argument: str, kind: Kind) -> None:
    if not argument:
        raise UsageError(f"/{kind} wants the path of one", f"say /{kind} PATH")
    path = unquoted(argument) if argument[0] in "\"'~\\" or "\\" in argument else argument
    talk.add_all(*stage(path, FindLimits.of(talk.settings), kind))
