"""The inside of a paragraph: markdown-it's tokens → rich text."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token
from rich.style import Style
from rich.text import Text

from glmv_cli.render.sanitize import visible
from glmv_cli.render.terminal.look import Look

_STYLES = {"strong": Style(bold=True), "em": Style(italic=True), "s": Style(strike=True)}
_LINK = Style(underline=True)
_ASIDE = Style(dim=True)
CODE = Style(color="cyan")


def text_of(tokens: Iterable[Token], look: Look) -> Text:
    """The text, styled; lines end where the source's do.

    An address stands behind the text of its link: nobody is sent to where he cannot see. Entities may stand for
    control characters, so everything is made harmless once more.
    """
    text = Text()
    styles = [Style.null()]
    targets: list[str] = []
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        match token.type:
            case "strong_open" | "em_open" | "s_open":
                styles.append(styles[-1] + _STYLES[name])
                text.append("" if look.styled else token.markup)
            case "strong_close" | "em_close" | "s_close":
                styles.pop()
                text.append("" if look.styled else token.markup)
            case "link_open":
                targets.append("" if token.markup == "autolink" else str(token.attrs.get("href", "")))
                styles.append(styles[-1] + _LINK)
            case "link_close":
                styles.pop()
                _append_target(text, targets.pop())
            case "image":
                text.append(f"[image: {visible(token.content)}]", styles[-1])
                _append_target(text, str(token.attrs.get("src", "")))
            case "code_inline":
                code = visible(token.content)
                text.append(code if look.color else f"`{code}`", styles[-1] + CODE)
            case "softbreak" | "hardbreak":
                text.append("\n")
            case _:  # text, formulas
                text.append(visible(token.content).replace("\t", " "), styles[-1])
    return text


def _append_target(text: Text, target: str) -> None:
    if target:
        text.append(f" ({visible(target)})", _ASIDE)
