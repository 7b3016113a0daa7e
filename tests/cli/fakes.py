"""A session without a model, and the commands run with it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.program import run
from glmv_cli.events import AnswerDelta, Event, Finished, ThinkingDelta, Timings, Usage
from glmv_cli.messages import ChatRequest, MediaPart, TextPart
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from glmv_cli.render.output import Output

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
MP4 = b"\0\0\0\x18ftypisom" + bytes(8)


@dataclass
class FakeSession:
    """Thinks "Hm.", then answers ``echo: PROMPT``.

    ``failures`` are raised, by the name of a source, instead of the answer, or ``after`` its beginning.
    """

    failures: Mapping[str, Exception] = field(default_factory=dict)
    after: bool = False
    requests: list[ChatRequest] = field(default_factory=list)
    max_pixels: list[int] = field(default_factory=list)
    closed: int = 0
    """How many answers came to an end, in whichever way."""
    context: int = 4096

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        self.requests.append(request)
        self.max_pixels.append(max_pixels)
        try:
            yield from self._events(request)
        finally:
            self.closed += 1

    def _events(self, request: ChatRequest) -> Iterator[Event]:
        parts = [part for message in request.messages for part in message.parts]
        failure = next(
            (
                self.failures[p.source.name]
                for p in parts
                if isinstance(p, MediaPart) and p.source.name in self.failures
            ),
            None,
        )
        if failure is not None and not self.after:
            raise failure
        thinking = "Hm." if request.think else ""
        if thinking:
            yield ThinkingDelta(thinking)
        answer = "echo: " + "".join(part.text for part in parts if isinstance(part, TextPart))
        for word in answer.split(" "):
            yield AnswerDelta(word if word == "echo:" else " " + word)
            if failure is not None:
                raise failure
        yield Finished(thinking, answer, (), "stop", Usage(9, 4, 0, 2, 3), Timings(0.1, 0.1, 0.1, 0.1, 0.1, 9.0))


@dataclass(frozen=True)
class Ran:
    """What a command line left behind. ``opened``, ``wishes``, ``threads``: the name of every model that was loaded,
    and what memory, context and threads were asked for."""

    status: int
    stdout: str
    stderr: str
    opened: list[str]
    wishes: list[Wishes]
    threads: list[Threads]
    session: FakeSession

    @property
    def prompts(self) -> list[str]:
        """The text of each question, in order."""
        return [
            part.text
            for request in self.session.requests
            for part in request.messages[0].parts
            if isinstance(part, TextPart)
        ]

    @property
    def sources(self) -> list[tuple[str, ...]]:
        """The names of each question's media, in order."""
        return [
            tuple(part.source.name for part in request.messages[0].parts if isinstance(part, MediaPart))
            for request in self.session.requests
        ]


class Keyboard(io.BytesIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Glmv:
    """Runs ``glmv`` in this process. Unless ``environ`` says otherwise, an empty checkpoint is configured.

    What glmv keeps, it keeps in ``home``, which is missing at first.
    """

    checkpoint: Path
    session: FakeSession = field(default_factory=FakeSession)
    load_failure: Exception | None = None
    stdout: io.StringIO = field(default_factory=io.StringIO)

    @property
    def home(self) -> Path:
        return self.checkpoint.parent / "home"

    def __call__(
        self,
        *arguments: str,
        stdin: io.BytesIO | bytes = b"",
        environ: Mapping[str, str] | None = None,
    ) -> Ran:
        stderr = io.StringIO()
        opened: list[str] = []
        wishes: list[Wishes] = []
        threads: list[Threads] = []

        def open_session(directory: Path, name: str, given: Wishes, chosen: Threads) -> AnsweringSession:
            assert (directory / "config.json").is_file()
            opened.append(name)
            wishes.append(given)
            threads.append(chosen)
            if self.load_failure is not None:
                raise self.load_failure
            return self.session

        if environ is None:
            environ = {"GLMV_MODEL": str(self.checkpoint)}
        environment = Environment(
            # Workers share the cores: one thread each, which quantizing would otherwise change for the whole process.
            environ={"GLMV_HOME": str(self.home), "OMP_NUM_THREADS": "1", **environ},
            stdin=io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin,
            output=Output(self.stdout, stderr, stdout_is_tty=False, stderr_is_tty=False, color=False),
            open_session=open_session,
        )
        status = run(list(arguments), environment)
        return Ran(status, self.stdout.getvalue(), stderr.getvalue(), opened, wishes, threads, self.session)
