"""Answers to render."""

from __future__ import annotations

from hypothesis import strategies as st

EVERYTHING = r"""# A heading with *emphasis*

Some **bold** text, `code`, a [link](https://example.com/a) and <b>html</b> &lt;x&gt;. ~~gone~~ 猫が好き é 🎉.
Second line with $a_i * b_j$ and \(x^2\) for $5 and $10.

1. one
   - nested **two**
   - nested three

     a paragraph in it
2. two
   ```python
   def f(x):
       '''doc
       string'''

       return x + 1  # comment
   ```
10. ten

> quote
> > deeper
>
> - list in quote

| Name | Value | Much longer header here |
|:--|--:|:-:|
| a | 1 | some *text* |
| b | 22 | `code` |

***

```
plain fence, one of whose lines is much too long for a narrow terminal, though not for a wide one
```
$$
x = \sum_{i} a_i
$$

    indented code

- [ ] task

Setext
------
end ** of it"""

_PIECES = (
    *("a", "b c", "**", "*", "_", "~~", "`", "```", "```py", "~~~", "\n", "\n", "\n", "\n\n", " ", "  ", "    ", "\t"),
    *(
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "> ",
        ">",
        "# ",
        "## ",
        "---",
        "===",
        "-",
        "=",
        "\\",
        "|",
        "$",
        "$$",
        "\\[",
        "\\]",
    ),
    *("| a | b |", "|---|:-:|", "| 1 | 2 |", "[x](u)", "[x]: u", "![i](p)", "<b>", "</b>", "<!--", "&lt;", "&#12;"),
    *("猫", "e\u0301", "🎉", "\x1b[31m", "long " * 9, "word" * 9),
)

ANY_MARKDOWN = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
"""Anything that could be meant as Markdown, or not."""


def cut(text: str, sizes: list[int]) -> list[str]:
    """``text`` in pieces of these sizes, over and over."""
    pieces = []
    start = number = 0
    while start < len(text):
        size = sizes[number % len(sizes)]
        pieces.append(text[start : start + size])
        start += size
        number += 1
    return pieces
