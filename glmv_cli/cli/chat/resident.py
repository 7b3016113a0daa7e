"""The model of a chat, in a thread of its own: one can type while it loads, and Ctrl-C is heard while it computes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TypeAlias

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.answers import events_of
from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.failures import reading
from glmv_cli.cli.process import MODEL_THREAD
from glmv_cli.events import Event
from glmv_cli.messages import ChatRequest
from glmv_cli.placement.budget import Wishes
from glmv_cli.store.models import ModelChoice


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no (more) answer."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Ended:
    """There was the last event."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user wants no more."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """The user wants the whole process to stop for a while."""


Happening: TypeAlias = Event | Failed | Ended | Interrupted | Suspended
"""What one hears of an answer."""


@dataclass(slots=True)
class Running:
    """An answer that is computed: its events, and the wish that it end.

    The model is left between two of its steps, so that it can go on with another question.
    """

    events: SimpleQueue[Happening] = field(default_factory=SimpleQueue)
    unwanted: bool = False

    def interrupt(self) -> None:
        """May be called by the handler of a signal: a ``SimpleQueue`` allows for that."""
        self.unwanted = True
        self.events.put(Interrupted())

    def suspend(self) -> None:
        """The same."""
        self.events.put(Suspended())


class Resident:
    """Loads a model, answers with it, loads another. ``context`` is 0 as long as none is there.

    All of that is done one after the other in one thread: OpenMP's threads belong to the one that starts them.
    """

    def __init__(self, environment: Environment, options: AnswerOptions, model: ModelChoice) -> None:
        """Starts to load ``model``."""
        self.model = model
        self.failure: Exception | None = None
        self.context = 0
        self._environment = environment
        self._options = options
        self._session: AnsweringSession | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=MODEL_THREAD, daemon=True)
        self._listener: Callable[[], None] = lambda: None
        self._jobs.put(self._load)
        self._thread.start()

    @property
    def is_loading(self) -> bool:
        """Neither there nor failed."""
        return self._session is None and self.failure is None

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this, in the model's thread, when the model is there or has failed, and after each :meth:`later`."""
        self._listener = listener

    def change(self, model: ModelChoice) -> Exception | None:
        """Another model in the place of this one. If it cannot be loaded, why, and the former one is loaded again."""
        former, self.model = self.model, model
        self._reload()
        failure = self.failure
        if failure is not None:
            self.model = former
            self._reload()
        return failure

    def ask(self, request: ChatRequest, max_pixels: int) -> Running:
        """Start an answer; one that failed to load is a failed answer."""
        running = Running()
        self._jobs.put(lambda: self._answer(request, max_pixels, running))
        return running

    def later(self, job: Callable[[], None]) -> None:
        """Do something with the model's libraries as soon as it is there and has nothing to do."""
        self._jobs.put(job)
        self._jobs.put(lambda: self._listener())  # whoever listens then

    def close(self, seconds: float) -> None:
        """Wait for what is computed now, but not longer."""
        self._jobs.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _reload(self) -> None:
        done = threading.Event()
        self._session, self.failure, self.context = None, None, 0  # its memory is free before the next one is loaded
        self._jobs.put(self._load)
        self._jobs.put(done.set)
        done.wait()

    def _load(self) -> None:
        settings = self._options.settled.settings
        wishes = Wishes(settings.gpu_memory, settings.cpu_memory, settings.context)
        try:
            with reading():
                session = self._environment.open_session(
                    self.model.directory, self.model.name, wishes, self._options.threads
                )
            self._session, self.context = session, session.context
        except Exception as error:
            self.failure = error
        self._listener()

    def _answer(self, request: ChatRequest, max_pixels: int, running: Running) -> None:
        try:
            if self._session is None:
                raise self.failure or RuntimeError("there is no model")
            with closing(events_of(self._session, request, max_pixels)) as events:
                for event in events:
                    if running.unwanted:
                        return
                    running.events.put(event)
            running.events.put(Ended())
        except Exception as error:
            running.events.put(Failed(error))
