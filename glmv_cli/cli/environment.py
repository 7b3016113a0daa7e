"""Everything that a command takes from outside, in one object that tests replace."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import typer

from glmv_cli.cli.process import is_debug
from glmv_cli.render.output import Output

if TYPE_CHECKING:
    from glmv_cli.events import Event
    from glmv_cli.messages import ChatRequest
    from glmv_cli.placement.budget import Wishes
    from glmv_cli.placement.threads import Threads


class AnsweringSession(Protocol):
    """What commands need of :class:`glmv_cli.session.Session`."""

    @property
    def context(self) -> int:
        """How many tokens a prompt and its answer may have together."""

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        """The events of one answer."""


SessionFactory = Callable[[Path, str, "Wishes", "Threads"], AnsweringSession]
"""Loads the checkpoint in a directory; then its name, the memory and context that are asked for, and what computes."""


@dataclass(frozen=True, slots=True)
class Environment:
    """``stdin`` gives bytes, since a picture may come from it."""

    environ: Mapping[str, str]
    stdin: BinaryIO
    output: Output
    open_session: SessionFactory

    @classmethod
    def of_process(cls) -> Environment:
        """This process's own streams and variables, and real sessions."""
        # Python sets sys.stdin to None if it was closed before the start (`<&-`).
        stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
        return cls(os.environ, stdin, Output.of_process(), _open_session)

    def without_color(self) -> Environment:
        """The same, but for colours."""
        return replace(self, output=replace(self.output, color=False))

    @property
    def debug(self) -> bool:
        """Whether the user asks for tracebacks."""
        return is_debug(self.environ)


def environment_of(context: typer.Context) -> Environment:
    """What :func:`glmv_cli.cli.program.run` gave to the command."""
    environment = context.obj
    assert isinstance(environment, Environment)
    return environment


def _open_session(directory: Path, name: str, wishes: Wishes, threads: Threads) -> AnsweringSession:
    from glmv_cli.session import Session  # imports torch and transformers: seconds

    return Session.open(directory, name, wishes, threads)
