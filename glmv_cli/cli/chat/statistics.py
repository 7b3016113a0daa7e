"""What answers have cost, the last one and all of a chat."""

from __future__ import annotations

from dataclasses import dataclass, field

from glmv_cli.events import SoFar
from glmv_cli.render.table import aligned
from glmv_cli.units import format_count


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens and seconds, of one answer or several; they add up."""

    answers: int = 0
    prompt: int = 0
    cached: int = 0
    thinking: int = 0
    answer: int = 0
    encode_s: float = 0.0
    prefill_s: float = 0.0
    decode_s: float = 0.0

    @classmethod
    def of(cls, told: SoFar) -> Cost:
        """Of one answer."""
        usage, timings = told.usage, told.timings
        return cls(
            1, usage.prompt_tokens, usage.cached_tokens, usage.thinking_tokens, usage.answer_tokens,
            timings.encode_s, timings.prefill_s, timings.decode_s,
        )  # fmt: skip

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.answers + other.answers, self.prompt + other.prompt, self.cached + other.cached,
            self.thinking + other.thinking, self.answer + other.answer, self.encode_s + other.encode_s,
            self.prefill_s + other.prefill_s, self.decode_s + other.decode_s,
        )  # fmt: skip


@dataclass(slots=True)
class Statistics:
    """The cost of the last answer, and of all of them; of one that was interrupted, what came of it."""

    last: Cost = field(default_factory=Cost)
    total: Cost = field(default_factory=Cost)

    def add(self, told: SoFar) -> None:
        """One more answer."""
        self.last = Cost.of(told)
        self.total = self.total.plus(self.last)

    def table(self) -> str:
        """Both, side by side."""
        if not self.total.answers:
            return "no answer yet\n"
        columns = [_column("last", self.last), _column(f"all {self.total.answers}", self.total)]
        return aligned(list(zip(_ROWS, *columns, strict=True)), right=frozenset((1, 2)))


_ROWS = (
    "", "prompt tokens", "  cached", "  new", "thinking tokens", "answer tokens",
    "encode, s", "prefill tokens/s", "decode tokens/s",
)  # fmt: skip


def _column(title: str, cost: Cost) -> tuple[str, ...]:
    new = cost.prompt - cost.cached
    # The first token of each answer comes from the prefill.
    decoded = cost.thinking + cost.answer - cost.answers
    counts = (cost.prompt, cost.cached, new, cost.thinking, cost.answer)
    return (
        title,
        *map(format_count, counts),
        f"{cost.encode_s:.2f}",
        _rate(new, cost.prefill_s),
        _rate(decoded, cost.decode_s),
    )


def _rate(tokens: int, seconds: float) -> str:
    return f"{tokens / seconds:,.1f}" if tokens > 0 and seconds > 0 else "-"
