"""Line after line: a question, a command, or pictures to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.answers import BY_DEFAULT
from glmv_cli.cli.chat.commands import COMMANDS, command_of, run_command
from glmv_cli.cli.chat.lines import PipedLines
from glmv_cli.cli.chat.media_commands import show
from glmv_cli.cli.chat.paths import only_media, take_media
from glmv_cli.cli.chat.resident import Resident
from glmv_cli.cli.chat.resuming import go_on, stored_conversation
from glmv_cli.cli.chat.staging import stage
from glmv_cli.cli.chat.talk import Due, Talk, renderer_of
from glmv_cli.cli.chat.termination import Terminated, terminable
from glmv_cli.cli.chat.turn import take_turn
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import write_traceback
from glmv_cli.cli.history.turns import TurnKeeper
from glmv_cli.conversation import media_of, text_of, user_message
from glmv_cli.errors import GlmvError, InputNotFoundError, MediaError
from glmv_cli.media.limits import FindLimits
from glmv_cli.render.errors import write_error, write_interrupted, write_note
from glmv_cli.render.sanitize import without_surrogates
from glmv_cli.store.models import resolve_model

_PATIENCE_S = 0.5
"""How long the end waits for the model to come to the end of a step."""


class Reader(Protocol):
    """Where lines come from."""

    def read(self) -> str:
        """The next one, which may hold several. Raises ``EOFError`` when there are no more."""


def chat(environment: Environment, options: AnswerOptions, media: Sequence[str], stored: int | None = None) -> int:
    """Talk until the user leaves, or standard input ends. Returns the exit code: 0, unless lines come from a pipe and
    one of them failed, or a signal ended it. It goes on from the conversation ``stored`` in the history; 0 is the
    latest.

    Raises:
        UsageError: there is no such conversation, or it has pictures and the model only reads.
        ModelError: the model is unknown, or cannot be loaded.
        GlmvError: one of ``media`` cannot be used.
        OSError: standard output or standard error cannot be written to.
    """
    settled = options.settled
    if options.no_color:
        environment = environment.without_color()
    model = resolve_model(settled.settings.model, environment.environ, settled.origins.get("model"))
    limits = FindLimits.of(settled.settings)
    staged = [stage(path, limits) for path in media]
    earlier = None if stored is None else stored_conversation(environment, stored)
    if model.by_default:
        write_note(environment.output, BY_DEFAULT)
    resident = Resident(environment, options, model)
    renderer = renderer_of(environment, options, settled.settings)
    talk = Talk(environment, options, resident, options.sampling, settled.settings, renderer)
    keeper = TurnKeeper(environment.environ, partial(write_note, environment.output))
    if settled.settings.history:
        talk.recorder = keeper
    try:
        with terminable():
            if earlier is not None:
                go_on(talk, keeper, earlier)
            for items, notice in staged:
                show(talk, items, notice)
            return _converse(talk, _reader(talk))
    except Terminated as end:
        return end.status
    finally:
        resident.close(_PATIENCE_S)


def _reader(talk: Talk) -> Reader:
    output = talk.environment.output
    if not (talk.environment.stdin.isatty() and (output.stdout_is_tty or output.stderr_is_tty)):
        return PipedLines(talk.environment.stdin)
    from glmv_cli.cli.chat.prompt import Prompt  # prompt_toolkit

    return Prompt(talk)


def _converse(talk: Talk, reader: Reader) -> int:
    piped = isinstance(reader, PipedLines)
    status = 0
    while not talk.leaving:
        try:
            line = reader.read()
        except EOFError:
            break
        failure = None
        try:
            failure = _handle(talk, line)
        except KeyboardInterrupt:
            if piped:
                raise
            write_interrupted(talk.environment.output, partial=False)
        if talk.resident.failure is not None:
            raise talk.resident.failure
        if failure is not None and piped:
            status = status or failure.exit_code
            talk.draft = ""
    return status


def _handle(talk: Talk, line: str) -> GlmvError | None:
    """Do what a line says. If that fails, why; it has been shown."""
    try:
        if command_of(line) is not None:
            run_command(talk, line, COMMANDS)
        else:
            _say(talk, without_surrogates(line))
    except GlmvError as error:
        write_traceback(talk.environment, error)
        write_error(talk.environment.output, error)
        return error
    due, talk.due = talk.due, None
    return None if due is None else _ask(talk, due)


def _say(talk: Talk, text: str) -> None:
    """Text is a question, and pictures and films that it names are shown with it. Without more text, they wait."""
    paths = only_media(text)
    question, named = ("", paths) if paths else take_media(text)
    for path in named:
        show(talk, *stage(path, FindLimits.of(talk.settings)))
    if question.strip():
        talk.due = Due(user_message(question.strip(), tuple(item.source for item in talk.staged)))


def _ask(talk: Talk, due: Due) -> GlmvError | None:
    """If nothing comes of the question, it is back on the line, and its media wait again."""
    media = media_of(due.question)
    before, staged = talk.conversation, talk.staged
    talk.staged = [item for item in staged if item.source not in media]
    failure = take_turn(talk, due.question)
    if talk.conversation is before:
        talk.staged = staged
        if isinstance(failure, (MediaError, InputNotFoundError)) and staged:
            write_note(talk.environment.output, "what was to be shown waits again; /remove N takes one of it away")
        if due.instead_of is None:
            talk.draft = text_of(due.question)
        else:
            talk.conversation = before.with_exchange(due.instead_of)
            talk.recorder.stand(talk.conversation)
    return failure
