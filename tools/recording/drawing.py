"""Pictures of a terminal → an SVG that shows one after the other, over and over; without animation, the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from tools.recording.terminal import Cell, Picture

_WIDTH, _HEIGHT, _SIZE = 8.4, 18, 14
_MARGIN = 14
_UPPER_HALF = "▀"
_PAPER, _INK = "#16181d", "#d7dae0"
# The names that pyte gives, in shades that can be read on the paper.
_COLOURS = {
    "black": "#16181d", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "blue": "#61afef",
    "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d7dae0", "brightblack": "#868d9a",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """What is shown for some seconds."""

    picture: Picture
    seconds: float


def svg(shots: Sequence[Shot]) -> str:
    """One file, in which each row stands once, however often it is shown."""
    drawn: dict[str, str] = {}
    groups = [_group(shot.picture, drawn) for shot in shots]
    columns, lines = len(shots[0].picture[0]), len(shots[0].picture)
    width, height = columns * _WIDTH + 2 * _MARGIN, lines * _HEIGHT + 2 * _MARGIN
    rows = "\n".join(f'<g id="{name}">{row}</g>' for row, name in drawn.items())
    frames = "\n".join(f'<g class="f" id="f{number}">{group}</g>' for number, group in enumerate(groups))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">\n'
        f"<title>A session with glmv chat</title>\n<style>\n{_style(shots)}</style>\n<defs>\n{rows}\n</defs>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{_PAPER}"/>\n'
        f'<g transform="translate({_MARGIN} {_MARGIN})" fill="{_INK}">\n{frames}\n</g>\n</svg>\n'
    )


def _style(shots: Sequence[Shot]) -> str:
    total = sum(shot.seconds for shot in shots)
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    rules = [
        f"text {{ font: {_SIZE}px {font}; white-space: pre }}",
        "rect { shape-rendering: crispEdges }",
        "text.b { font-weight: bold }",
        ".f { visibility: hidden }",
    ]
    start = 0.0
    for number, shot in enumerate(shots):
        begin, end = 100 * start / total, 100 * (start + shot.seconds) / total
        steps = f"{begin:.2f}% {{ visibility: visible }} {end:.2f}% {{ visibility: hidden }}"
        if number:
            steps = f"0% {{ visibility: hidden }} {steps}"
        rules.append(f"@keyframes k{number} {{ {steps} }}")
        rules.append(f"#f{number} {{ animation: k{number} {total:g}s step-end infinite }}")
        start += shot.seconds
    rules.append(f"#f{len(shots) - 1} {{ visibility: visible }}")
    return "\n".join(rules) + "\n"


def _group(picture: Picture, drawn: dict[str, str]) -> str:
    """References to the rows of ``picture``; those that are new are added to ``drawn``, with their names."""
    parts = []
    for number, cells in enumerate(picture):
        row = _row(cells)
        if row:
            name = drawn.setdefault(row, f"r{len(drawn)}")
            parts.append(f'<use href="#{name}" y="{number * _HEIGHT}"/>')
    return "".join(parts)


def _row(cells: Sequence[Cell]) -> str:
    places = list(enumerate(cells))
    parts = []
    for (ink, paper, bold, is_half), group in groupby(places, lambda place: _looks(place[1])):
        run = list(group)
        left, width = run[0][0] * _WIDTH, len(run) * _WIDTH
        if is_half:
            parts += [_box(left, 0, width, _HEIGHT / 2, ink), _box(left, _HEIGHT / 2, width, _HEIGHT / 2, paper)]
            continue
        if paper != _PAPER:
            parts.append(_box(left, 0, width, _HEIGHT, paper))
        parts += _texts(run, ink, bold)
    return "".join(parts)


def _looks(cell: Cell) -> tuple[str, str, bool, bool]:
    return _colour(cell.ink, _INK), _colour(cell.paper, _PAPER), cell.bold, cell.char == _UPPER_HALF


def _texts(run: Sequence[tuple[int, Cell]], ink: str, bold: bool) -> Iterable[str]:
    text = "".join(cell.char for _, cell in run)
    stripped = text.strip()
    if not stripped:
        return
    left = (run[0][0] + len(text) - len(text.lstrip())) * _WIDTH
    looks = (f' fill="{ink}"' if ink != _INK else "") + (' class="b"' if bold else "")
    # The length keeps columns below each other, whatever the font.
    yield f'<text x="{left:g}" y="{_SIZE}" textLength="{len(stripped) * _WIDTH:g}"{looks}>{escape(stripped)}</text>'


def _box(left: float, top: float, width: float, height: float, fill: str) -> str:
    if fill == _PAPER:
        return ""
    return f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return _COLOURS.get(name) or f"#{name}"
