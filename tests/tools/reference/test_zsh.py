from __future__ import annotations

import shlex
import shutil

import pytest

from tests.tools.reference.shells import COMPLETIONS, Place, typed

pytestmark = pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")

# -u -D: the tests' own files, and no cache of them.
SETTINGS = f"""
fpath=({shlex.quote(str(COMPLETIONS))} $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt prompt_sp
PS1='READY>'
"""


@pytest.mark.parametrize(
    ("keys", "called"),
    [
        ("glmv des\tmy\\ p\t", ["describe", "my photo.png"]),
        ("glmv des\t'my p\t", ["describe", "my photo.png"]),
        ("glmv describe it\t fi\t", ["describe", "it's.jpg", "film.MP4"]),
        ("glmv describe --think -p what my\\ p\t", ["describe", "--think", "-p", "what", "my photo.png"]),
        ("glmv describe --show-t\tcol\t", ["describe", "--show-thinking=collapsed"]),
        ("glmv describe --show-thinking co\t", ["describe", "--show-thinking", "collapsed"]),
        ("glmv describe --show-thinking=c\t", ["describe", "--show-thinking=collapsed"]),
        ("glmv ask hi -m sm\t", ["ask", "hi", "-m", "small"]),
        ("glmv ask hi --model de\t", ["ask", "hi", "--model", "demo"]),
        ("glmv ask hi -a fi\t", ["ask", "hi", "-a", "film.MP4"]),
        ("glmv plan con\t", ["plan", "config.json"]),
        ("glmv models re\thal\t", ["models", "remove", "half-done"]),
        ("glmv models --js\tdef\tde\t", ["models", "--json", "default", "demo"]),
        ("glmv quantize my\t su\t", ["quantize", "my dir", "sub"]),
    ],
)
def test_what_comes_of_tabs(keys: str, called: list[str], place: Place) -> None:
    (place.home / ".zshrc").write_text(SETTINGS)
    assert typed(["zsh", "-i"], keys, place) == called
