"""Commands about the model, and about how it answers."""

from __future__ import annotations

from dataclasses import replace

from glmv_cli.cli.chat.changes import change, values
from glmv_cli.cli.chat.keyboard import on_interrupt
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.cli.failures import explain
from glmv_cli.errors import UsageError
from glmv_cli.render.progress import waiting
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.table import aligned
from glmv_cli.store.models import check_sight, resolve_model
from glmv_cli.units import format_count


def set_value(talk: Talk, argument: str) -> None:
    """``/set [NAME VALUE]``."""
    name, _, value = argument.partition(" ")
    if argument and value.strip():
        settings, talk.sampling = change(talk.settings, talk.sampling, name, value.strip())
        talk.show_as(settings)
    shown = values(talk.settings, talk.sampling)
    if name and name not in shown:
        change(talk.settings, talk.sampling, name, "default")  # raises: there is none
    talk.say(aligned([(known, text) for known, text in shown.items() if name in ("", known)]))


def think(talk: Talk, argument: str) -> None:
    """``/think [on|off]``."""
    if argument not in ("", "on", "off"):
        raise UsageError(f"thinking cannot be '{argument}'", "say /think on or /think off")
    if argument:
        talk.settings = replace(talk.settings, think=argument == "on")
    talk.say(f"thinking is {'on' if talk.settings.think else 'off'}")


def thinking(talk: Talk, argument: str) -> None:
    """``/thinking [HOW]``."""
    if argument:
        set_value(talk, f"show_thinking {argument}")
    else:
        talk.show_thinking()


def model(talk: Talk, argument: str) -> None:
    """``/model [NAME]``. The conversation goes on, if the other model can take it."""
    resident = talk.resident
    if not argument:
        talk.say(f"the model is {resident.model.name}")
        return
    choice = resolve_model(argument, talk.environment.environ)
    if talk.conversation.has_media or talk.staged:
        check_sight(choice)
    # What loads cannot be stopped, and the former one is gone.
    with on_interrupt(lambda: None), waiting(talk.environment.output, f"loading {visible_line(choice.name)}"):
        failure = resident.change(choice)
    if failure is not None:
        raise explain(failure) from failure
    talk.say(f"the model is {choice.name}")


def stats(talk: Talk, argument: str) -> None:
    """``/stats``."""
    talk.say(talk.statistics.table())


def context(talk: Talk, argument: str) -> None:
    """``/context``."""
    used, room = talk.used_tokens, talk.resident.context
    text = f"{format_count(used)} tokens are used"
    if room:
        text += f" of {format_count(room)} ({used / room:.0%})"
    waiting_tokens = sum(item.estimate.tokens for item in talk.staged if item.estimate is not None)
    if waiting_tokens:
        text += f"; pictures and films that wait are about {format_count(waiting_tokens)} more"
    talk.say(text)
