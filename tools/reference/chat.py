"""What can be typed in ``glmv chat``, which is in no ``--help``."""

from __future__ import annotations

from glmv_cli.cli.chat.commands import COMMANDS
from tools.reference.epilog import Section


def chat_commands() -> Section:
    """The commands that begin with a slash."""
    return Section(
        "In a chat",
        tuple(f"{f'/{each.name} {each.arguments}'.strip()}  {each.help}" for each in COMMANDS.values()),
    )
