"""What a chat holds from one line to the next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.chat.recorder import NoRecorder, Recorder
from glmv_cli.cli.chat.resident import Resident
from glmv_cli.cli.chat.staging import Staged
from glmv_cli.cli.chat.statistics import Statistics
from glmv_cli.cli.environment import Environment
from glmv_cli.config import Settings
from glmv_cli.conversation import Conversation, Exchange
from glmv_cli.messages import Message, SamplingOptions, SeeingOptions
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.sanitize import visible, visible_names
from glmv_cli.render.text import Display, TextRenderer
from glmv_cli.render.timings import TimedRenderer
from glmv_cli.render.wrap import WordWrap
from glmv_cli.store.models import check_sight


@dataclass(frozen=True, slots=True)
class Due:
    """A question to be asked, perhaps once more: ``instead_of`` stays, if nothing comes of it."""

    question: Message
    instead_of: Exchange | None = None


@dataclass(slots=True)
class Talk:
    """One chat. Commands change it; the loop looks at it after each line."""

    environment: Environment
    options: AnswerOptions
    resident: Resident
    sampling: SamplingOptions
    settings: Settings
    renderer: Renderer
    recorder: Recorder = field(default_factory=NoRecorder)
    conversation: Conversation = field(default_factory=Conversation)
    statistics: Statistics = field(default_factory=Statistics)
    staged: list[Staged] = field(default_factory=list)
    draft: str = ""
    """What the next line begins with."""
    due: Due | None = None
    """What is asked without another line."""
    thinking: str = ""
    """What the model has thought for the last answer."""
    leaving: bool = False

    def say(self, text: str) -> None:
        """Text for the user, which is no answer."""
        if text:
            self.environment.output.to_stderr(visible_names(text).rstrip("\n") + "\n")

    def add(self, item: Staged) -> None:
        """Show this with the next question. Raises :class:`UsageError` if the model only reads."""
        model = self.resident.model
        check_sight(model)
        self.staged.append(item)
        max_pixels, seeing = self.settings.max_pixels, self.seeing

        def look() -> None:
            if any(waiting is item for waiting in self.staged):  # else an answer waits for this, not a person
                item.estimate_with(model.directory, max_pixels, seeing)

        self.resident.later(look)

    @property
    def seeing(self) -> SeeingOptions:
        """What the options say, but for what ``/set`` has changed since."""
        now, given = self.settings, self.options.seeing
        return replace(
            given,
            min_image_tokens=now.min_image_tokens,
            max_image_tokens=now.max_image_tokens,
            animated=now.animated,
            film=replace(given.film, fps=now.fps, max_frames=now.max_frames, max_tokens=now.max_video_tokens),
        )

    @property
    def used_tokens(self) -> int:
        """What the conversation takes of the context: by the last answer, whose thinking is not kept."""
        for exchange in reversed(self.conversation.exchanges):
            if exchange.usage is not None:
                return exchange.usage.prompt_tokens + exchange.usage.answer_tokens
        return 0

    def show_thinking(self) -> None:
        """The last reasoning in full."""
        output = self.environment.output
        wrap = WordWrap(lambda: output.stderr_columns)
        trace = wrap.write(visible(self.thinking).strip() or "no reasoning yet") + wrap.end()
        output.to_stderr(output.styled(trace, "2") + "\n")

    def show_as(self, settings: Settings) -> None:
        """From here on these settings count; those that say how answers are shown need another renderer."""
        self.settings = settings
        self.renderer = renderer_of(self.environment, self.options, settings)


def renderer_of(environment: Environment, options: AnswerOptions, settings: Settings) -> Renderer:
    """Shows answers as the settings say."""
    text = TextRenderer(environment.output, Display(settings.render, settings.show_thinking))
    return TimedRenderer(text, environment.output) if options.written.verbose else text
