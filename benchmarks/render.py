"""What it costs to show an answer on a terminal while it comes, beside rich's `Live(Markdown(…))` in the same run.

    python -m benchmarks.render [--no-peer]

Answers of 20,000 characters arrive as tokens of 4 characters, 100 a second; the clock is simulated, the processor
time is real. The percentages are of one core during the 50 seconds that such an answer takes. `slowest frame` is
the longest that anything waits for a drawing. The peer is redrawn 4 times a second, which is its default, and
whole each time.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable

CHARACTERS = 20_000
STEP = 4
TOKENS_PER_S = 100
PEER_FRAMES_PER_S = 4
SIZE = os.terminal_size((100, 40))

SENTENCE = "The **red circle** lies to the left of the `square`, and *both* stand on a gray ground. "
CODE = "def area(width, height):\n    # of a rectangle\n    return width * height  # 'in pixels'\n\n"
ROW = "| circle | red | left of the *square* | 0.97 |\n"
MIXED = (
    f"## What is seen\n\n{SENTENCE * 4}\n\n1. {SENTENCE}\n   - {SENTENCE}\n   - {SENTENCE}\n2. {SENTENCE}\n\n"
    f"```python\n{CODE * 5}```\n\n| shape | colour | place | score |\n|---|---|---|---|\n{ROW * 8}\n> {SENTENCE}\n\n"
)


def answers() -> dict[str, str]:
    """Answers by what they consist of."""
    whole = {
        "mixed": MIXED,
        "paragraphs": SENTENCE * 6 + "\n\n",
        "one list": f"- {SENTENCE}\n  1. {SENTENCE}\n",
    }
    texts = {name: part * (CHARACTERS // len(part) + 1) for name, part in whole.items()}
    texts["one paragraph"] = SENTENCE * 300
    texts["one block of code"] = "```python\n" + CODE * 300
    texts["one table"] = "| shape | colour | place | score |\n|---|---|---|---|\n" + ROW * 500
    return {name: text[:CHARACTERS] for name, text in texts.items()}


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ours(text: str, clock: Clock) -> tuple[Callable[[str], None], Callable[[], None]]:
    """Functions that take a piece of the answer and its end."""
    from glmv_cli.render.terminal.answer import MarkdownAnswer
    from glmv_cli.render.terminal.look import Look
    from glmv_cli.render.terminal.pace import Pace

    answer = MarkdownAnswer(io.StringIO().write, lambda: SIZE, Look(), pace=Pace(clock))
    return answer.write, answer.end


def peer(text: str, clock: Clock) -> tuple[Callable[[str], None], Callable[[], None]]:
    """The same of rich."""
    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown

    console = Console(file=io.StringIO(), force_terminal=True, width=SIZE.columns, height=SIZE.lines)
    live = Live(console=console, auto_refresh=False, vertical_overflow="visible")
    live.start()
    shown = ""
    due = 0.0

    def write(piece: str) -> None:
        nonlocal shown, due
        shown += piece
        if clock() >= due:
            due = clock() + 1 / PEER_FRAMES_PER_S
            live.update(Markdown(shown), refresh=True)

    return write, live.stop


def cost(
    text: str, make: Callable[[str, Clock], tuple[Callable[[str], None], Callable[[], None]]]
) -> tuple[float, float]:
    """Processor seconds in all, and of the slowest step."""
    clock = Clock()
    write, end = make(text, clock)
    slowest = 0.0
    began = time.process_time()
    for start in range(0, len(text), STEP):
        before = time.process_time()
        write(text[start : start + STEP])
        slowest = max(slowest, time.process_time() - before)
        clock.now += 1 / TOKENS_PER_S
    end()
    return time.process_time() - began, slowest


def main() -> None:
    """Print a line for each kind of answer."""
    parser = argparse.ArgumentParser(description="Cost of rendering.")
    parser.add_argument("--no-peer", action="store_true", help="leave rich's Live out")
    with_peer = not parser.parse_args().no_peer
    cost(MIXED, ours)  # imports
    print(
        f"{'':<20}{'glmv':>8}{'slowest frame':>16}" + (f"{'rich Live':>12}{'slowest frame':>16}" if with_peer else "")
    )
    for name, text in answers().items():
        duration = len(text) / STEP / TOKENS_PER_S
        line = f"{name:<20}"
        for make in (ours, peer) if with_peer else (ours,):
            seconds, slowest = cost(text, make)
            line += f"{seconds / duration:{8 if make is ours else 12}.1%}{slowest * 1000:13.0f} ms"
        print(line, flush=True)


if __name__ == "__main__":
    main()
