"""Answer one question after another with one model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager

import typer

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.failures import reading, write_traceback
from glmv_cli.cli.forms import renderer_maker
from glmv_cli.cli.history.keeper import Keeper
from glmv_cli.cli.history.recorded import recorded
from glmv_cli.cli.inquiry import Inquiry, Question, check_apart, open_inquiry
from glmv_cli.cli.output_file import OutputFile
from glmv_cli.cli.process import INTERRUPTED
from glmv_cli.errors import GlmvError
from glmv_cli.events import Event, Notice
from glmv_cli.messages import ChatRequest
from glmv_cli.placement.budget import Wishes
from glmv_cli.render.errors import write_note
from glmv_cli.render.progress import waiting
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.sanitize import visible_line
from glmv_cli.store.models import ModelChoice, check_sight, resolve_model

BY_DEFAULT = (
    "no model is configured, so the built-in demo answers; it knows drawn shapes only. "
    "For another: 'glmv pull zai-org/GLM-4.5V', or any other of the GLM-V models"
)


def answer_all(environment: Environment, options: AnswerOptions, inquiries: Sequence[Inquiry]) -> int:
    """Answer every inquiry that can be answered; return the exit code of the first failure, or 0.

    All media are found before the model is loaded, so that a wrong name shows at once. If nothing is left to
    ask, no model is loaded.

    Raises:
        ModelError: the model is unknown, or cannot be loaded.
        UsageError: there are media, and the model only reads.
        OSError: standard output or standard error cannot be written to.
    """
    if options.no_color:
        environment = environment.without_color()
    if options.written.file is None:
        environment.output.to_stdout("")  # a closed output is found out before anything slow
        return _answer_all(environment, options, inquiries).status
    with OutputFile(environment, options.written.file) as file:
        desk = _answer_all(file.environment, options, inquiries)
        if desk.answered:
            file.commit()
    return desk.status


def chosen_model(environment: Environment, options: AnswerOptions) -> ModelChoice:
    """The model that the settings name. Raises :class:`ModelError` if there is no such one."""
    settled = options.settled
    return resolve_model(settled.settings.model, environment.environ, settled.origins.get("model"))


def open_session(environment: Environment, options: AnswerOptions, model: ModelChoice) -> AnsweringSession:
    """Load ``model``, as the settings say, and tell that one waits for it. Raises :class:`ModelError`."""
    if model.by_default:
        write_note(environment.output, BY_DEFAULT)
    settings = options.settled.settings
    wishes = Wishes(settings.gpu_memory, settings.cpu_memory, settings.context)
    with reading(), waiting(environment.output, f"loading {visible_line(model.name)}"):
        return environment.open_session(model.directory, model.name, wishes, options.threads)


def _answer_all(environment: Environment, options: AnswerOptions, inquiries: Sequence[Inquiry]) -> Desk:
    model = chosen_model(environment, options)
    several = len(inquiries) > 1
    desk = Desk(environment, options, model.name, renderer_maker(environment.output, options, model.name, several))
    questions = [question for inquiry in inquiries if (question := desk.open(inquiry)) is not None]
    if questions:
        if options.written.file is not None:
            check_apart(options.written.file, questions)
        if any(question.media for question in questions):
            check_sight(model)
        session = open_session(environment, options, model)
        for question in questions:
            desk.answer(question, session)
    return desk


class Desk:
    """Where inquiries come in and answers go out; ``status`` is the exit code so far, ``answered`` counts those that
    are whole.
    """

    def __init__(
        self, environment: Environment, options: AnswerOptions, model: str, renderer: Callable[[str], Renderer]
    ) -> None:
        """``model`` is its name; ``renderer``: from a prompt to what shows its answer."""
        self.status = 0
        self.answered = 0
        self._environment = environment
        self._options = options
        self._settings = options.settled.settings
        self._renderer = renderer
        self._model = model
        self._keeper = Keeper(environment.environ, options.command) if self._settings.history else None

    def open(self, inquiry: Inquiry) -> Question | None:
        """The question, if its media were found; what is wrong with them is shown."""
        question, errors = open_inquiry(inquiry, self._environment.stdin, self._settings)
        renderer = self._renderer(inquiry.prompt or "")
        for error in errors:
            renderer.begin(inquiry.source)
            self._fail(renderer, error)
        return question

    def refuse(self, question: Question, error: GlmvError) -> None:
        """Show that it will not be put to a model, and why."""
        renderer = self._renderer(question.prompt)
        renderer.begin(question.source)
        self._fail(renderer, error)

    def answer(self, question: Question, session: AnsweringSession) -> None:
        """Show the answer while it comes, or why there is none."""
        renderer = self._renderer(question.prompt)
        request = ChatRequest((question.message,), self._settings.think, self._options.sampling, self._options.seeing)
        with self._ending_the_line(renderer):
            renderer.begin(question.source)
            for notice in question.notices:
                renderer.handle(Notice(notice))
            try:
                with closing(self._events(session, request)) as events:
                    for event in events:
                        renderer.handle(event)
                self.answered += 1
            except GlmvError as error:
                self._fail(renderer, error)

    def _events(self, session: AnsweringSession, request: ChatRequest) -> Generator[Event, None, None]:
        events = events_of(session, request, self._settings.max_pixels)
        return events if self._keeper is None else recorded(events, self._keeper, self._model, request)

    def _fail(self, renderer: Renderer, error: GlmvError) -> None:
        write_traceback(self._environment, error)
        renderer.fail(error)
        self.status = self.status or error.exit_code

    @contextmanager
    def _ending_the_line(self, renderer: Renderer) -> Iterator[None]:
        try:
            yield
        except OSError:
            raise  # the output is gone: there is no line to end
        except KeyboardInterrupt:
            renderer.interrupt()
            raise typer.Exit(INTERRUPTED) from None
        except BaseException:
            renderer.close()
            raise


def events_of(session: AnsweringSession, request: ChatRequest, max_pixels: int) -> Generator[Event, None, None]:
    """Those of one answer. What the system refuses becomes :class:`GlmvError`; closing it cancels the answer."""
    with reading():
        yield from session.answer(request, max_pixels=max_pixels)
