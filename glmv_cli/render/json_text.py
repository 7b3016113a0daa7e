"""JSON that any terminal and any program may read."""

from __future__ import annotations

import codecs
import json
import re

from glmv_cli.render.sanitize import without_surrogates

# Raw C1 controls and DEL are legal in JSON but steer a terminal; U+2028/9 end a line for some readers.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029]")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def json_text(value: object, encoding: str | None, *, pretty: bool = False) -> str:
    """``value`` and a newline, on one line or, if ``pretty``, indented.

    ``encoding``: of the stream that it is for. What that cannot hold is escaped; without one, text is kept as it is.
    """
    text = json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        indent=2 if pretty else None,
        separators=None if pretty else (",", ":"),
    )
    # Outside strings JSON is ASCII, so what is replaced here always stands in a string.
    unsafe = _UNSAFE if encoding is None or codecs.lookup(encoding).name == "utf-8" else _NOT_ASCII
    return unsafe.sub(lambda match: json.dumps(match.group())[1:-1], without_surrogates(text)) + "\n"
