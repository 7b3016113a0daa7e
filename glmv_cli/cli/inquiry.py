"""From the arguments of a command to a question that can be put to a model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import reading
from glmv_cli.cli.standard_input import as_text, has_bytes, is_redirected, read_all
from glmv_cli.config import Settings
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.media.find import find_media
from glmv_cli.media.kind import kind_of
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.naming import STDIN, display_name, is_stdin
from glmv_cli.media.sniff import Kind
from glmv_cli.media.spool import reader
from glmv_cli.messages import MediaPart, MediaSource, Message, TextPart
from glmv_cli.render.errors import write_note
from glmv_cli.render.sanitize import without_surrogates


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What to ask, as the command line has it: media by name, and perhaps without a prompt."""

    media: tuple[str, ...]
    prompt: str | None

    @property
    def source(self) -> str | None:
        """What the answer is about, in one line."""
        return ", ".join(map(display_name, self.media)) or None


@dataclass(frozen=True, slots=True)
class Question:
    """An inquiry whose media were found."""

    source: str | None
    prompt: str
    media: tuple[MediaSource, ...]
    notices: tuple[str, ...] = ()
    """What of the media was left out."""

    @property
    def message(self) -> Message:
        """Media first, as GLM-V was trained."""
        return Message("user", (*map(MediaPart, self.media), TextPart(self.prompt)))


def open_inquiry(inquiry: Inquiry, stdin: BinaryIO, settings: Settings) -> tuple[Question | None, list[GlmvError]]:
    """Find all media of ``inquiry`` and tell pictures from films; nothing is decoded. Pages are pictures.

    Returns the question, or ``None`` and everything that is wrong with the media.
    """
    media: list[MediaSource] = []
    kinds: list[Kind] = []
    notices: list[str] = []
    errors: list[GlmvError] = []
    for argument in inquiry.media:
        try:
            with reading():
                found = find_media(argument, stdin, FindLimits.of(settings))
                kinds += [kind_of(source, settings.animated) for source in found.sources]
                media += found.sources
                notices += [found.notice] if found.notice else []
        except GlmvError as error:
            errors.append(error)
    if errors:
        return None, errors
    prompt = default_prompt(kinds) if inquiry.prompt is None else inquiry.prompt
    return Question(inquiry.source, prompt, tuple(media), tuple(notices)), []


def check_apart(output: str, questions: Sequence[Question]) -> None:
    """Raise ``UsageError`` if the file ``output`` is one of the media: it would be replaced."""
    paths = [source.path for question in questions for source in question.media if source.path is not None]
    if any(os.path.exists(output) and os.path.exists(path) and os.path.samefile(output, path) for path in paths):
        raise UsageError(f"-o {output} would replace what is asked about", "name another file")


def default_prompt(kinds: Sequence[Kind]) -> str:
    """What is asked about media when the user asks nothing in particular."""
    if len(set(kinds)) > 1:
        return "Describe these."
    noun = "image" if kinds[0] == "image" else "video"
    return f"Describe these {noun}s." if len(kinds) > 1 else f"Describe this {noun}."


def check_stdin(media: Sequence[str], stdin: BinaryIO, prompt: str | None = None) -> None:
    """Raise ``UsageError`` if ``-`` is named twice, or media shall come from a keyboard."""
    named = sum(map(is_stdin, media))
    if named + (prompt == STDIN) > 1:
        raise UsageError(
            "standard input can be read only once",
            hint="name - once, and files for the rest; -#1,4-6 names several pages of a document",
        )
    if named and stdin.isatty():
        raise UsageError(
            "- stands for a picture or film on standard input, but that is the terminal",
            hint="pipe one into glmv, or name a file",
        )


def asked(environment: Environment, media: tuple[str, ...], prompt: str) -> tuple[Inquiry, Environment]:
    """The question of ``glmv ask``, with what standard input adds to it, and an environment that it has not used up.

    ``-`` as prompt is the text there. Otherwise text there is put before the prompt, and a picture or film is
    attached: if ``-`` is among the media, or if there are none and the input is redirected. With other media it is
    left alone, since it may be a list that a shell's loop is reading.

    Raises :class:`UsageError` for an input that is used twice and for an empty prompt, :class:`MediaError` for one
    that is neither text nor media.
    """
    stdin = environment.stdin
    check_stdin(media, stdin, prompt=prompt)
    if prompt == STDIN:
        text = as_text(read_all(stdin, environment.output))
        if text is None:
            raise UsageError("standard input is a picture or film, and no question", 'glmv ask "the question" -a -')
        return Inquiry(media, clean_prompt(text)), environment
    prompt = clean_prompt(prompt)
    named = [name for name in media if is_stdin(name)]
    if not named and (media or not is_redirected(stdin)):
        if has_bytes(stdin):
            write_note(environment.output, "standard input is not read, as there are attachments; '-a -' reads it, too")
        return Inquiry(media, prompt), environment
    data = read_all(stdin, environment.output)
    text = as_text(data) if data else ""
    if text is None:
        media = media if named else (*media, STDIN)
    elif data:
        if named and named != [STDIN]:
            raise UsageError("standard input is text, and has no pages", hint="leave them out: '-a -'")
        media = tuple(name for name in media if name not in named)
        prompt = f"{without_surrogates(text)}\n\n{prompt}" if text.strip() else prompt
    return Inquiry(media, prompt), replace(environment, stdin=reader(data))


def clean_prompt(prompt: str) -> str:
    """``prompt`` as valid Unicode. Raises ``UsageError`` if it says nothing."""
    if not prompt.strip():
        raise UsageError("the prompt is empty", hint="put the question in quotes")
    return without_surrogates(prompt)
