"""From the arguments of a command to a question that can be put to a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from glmv_cli.cli.failures import reading
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.media.kind import kind_of
from glmv_cli.media.sniff import Kind
from glmv_cli.media.source import open_source
from glmv_cli.messages import MediaPart, MediaSource, Message, TextPart
from glmv_cli.render.sanitize import without_surrogates

STDIN = "-"
"""The argument that stands for standard input."""


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

    @property
    def message(self) -> Message:
        """Media first, as GLM-V was trained."""
        return Message("user", (*map(MediaPart, self.media), TextPart(self.prompt)))


def open_inquiry(inquiry: Inquiry, stdin: BinaryIO) -> tuple[Question | None, list[GlmvError]]:
    """Find all media of ``inquiry`` and tell pictures from films; nothing is decoded.

    Returns the question, or ``None`` and everything that is wrong with the media.
    """
    media: list[MediaSource] = []
    kinds: list[Kind] = []
    errors: list[GlmvError] = []
    for argument in inquiry.media:
        try:
            with reading():
                media.append(open_source(argument, stdin))
                kinds.append(kind_of(media[-1]))
        except GlmvError as error:
            errors.append(error)
    if errors:
        return None, errors
    prompt = default_prompt(kinds) if inquiry.prompt is None else inquiry.prompt
    return Question(inquiry.source, prompt, tuple(media)), []


def default_prompt(kinds: Sequence[Kind]) -> str:
    """What is asked about media when the user asks nothing in particular."""
    if len(set(kinds)) > 1:
        return "Describe these."
    noun = "image" if kinds[0] == "image" else "video"
    return f"Describe these {noun}s." if len(kinds) > 1 else f"Describe this {noun}."


def display_name(argument: str) -> str:
    """What a media argument is called, whether or not it can be opened."""
    return "standard input" if argument == STDIN else argument


def check_stdin(media: Sequence[str], stdin: BinaryIO, prompt: str | None = None) -> None:
    """Raise ``UsageError`` if ``-`` is named twice, or media shall come from a keyboard."""
    if [*media, prompt].count(STDIN) > 1:
        raise UsageError("standard input can be read only once", hint="name - once, and files for the rest")
    if STDIN in media and stdin.isatty():
        raise UsageError(
            "- stands for a picture or film on standard input, but that is the terminal",
            hint="pipe one into glmv, or name a file",
        )


def read_prompt(stdin: BinaryIO) -> str:
    """All of standard input as text, without the newline at its end."""
    with reading():
        return stdin.read().decode("utf-8", "replace").rstrip("\r\n")


def clean_prompt(prompt: str) -> str:
    """``prompt`` as valid Unicode. Raises ``UsageError`` if it says nothing."""
    if not prompt.strip():
        raise UsageError("the prompt is empty", hint="put the question in quotes")
    return without_surrogates(prompt)
