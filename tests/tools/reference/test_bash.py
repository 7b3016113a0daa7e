from __future__ import annotations

import shlex
import shutil

import pytest

from tests.tools.reference.shells import COMPLETIONS, Place, output, typed

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
SCRIPT = COMPLETIONS / "glmv.bash"
MEDIA = {"my photo.png", "film.MP4", "it's.jpg", "my dir", "sub"}


def offered(words: list[str], place: Place) -> set[str]:
    """What bash is told for the last of ``words``, as it divides the line."""
    line = f"COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}"
    code = f'source {shlex.quote(str(SCRIPT))}; {line}; _glmv glmv; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return set(output(["bash", "--norc", "-c", code], place)) - {""}


def test_it_is_registered(place: Place) -> None:
    code = f"source {shlex.quote(str(SCRIPT))}; complete -p glmv"
    assert output(["bash", "--norc", "-c", code], place) == ["complete -F _glmv glmv"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["glmv", "de"], {"describe"}),
        (["glmv", "--v"], {"--version"}),
        (["glmv", "describe", "--show"], {"--show-thinking"}),
        (["glmv", "describe", "--no-t"], {"--no-think"}),
        (["glmv", "describe", "--show-thinking", ""], {"auto", "full", "collapsed", "none"}),
        (["glmv", "describe", "--show-thinking", "=", "co"], {"collapsed"}),
        (["glmv", "describe", "--show-thinking", "="], {"auto", "full", "collapsed", "none"}),
        (["glmv", "ask", "hi", "-m", ""], {"small", "glm-4.5v", "demo", "my dir", "sub"}),
        (["glmv", "ask", "hi", "--model", "=", "s"], {"small", "sub"}),
        (["glmv", "describe", ""], MEDIA),
        (["glmv", "describe", "film.MP4", "--think", ""], MEDIA),
        (["glmv", "describe", "-p", "what", "m"], {"my photo.png", "my dir"}),
        (["glmv", "describe", "my\\ p"], {"my photo.png"}),
        (["glmv", "describe", '"my p'], {"my photo.png"}),
        (["glmv", "describe", "sub/"], {"sub/in.webp"}),
        (["glmv", "describe", "--stop", ""], set()),
        (["glmv", "ask", ""], set()),
        (["glmv", "ask", "hi", "-a", "f"], {"film.MP4"}),
        (["glmv", "plan", ""], {"small", "glm-4.5v", "demo", "config.json", "my dir", "sub"}),
        (["glmv", "quantize", ""], {"my dir", "sub"}),
        (["glmv", "quantize", "a", "b", ""], set()),
        (["glmv", "models", ""], {"default", "remove"}),
        (["glmv", "models", "--json", "d"], {"default"}),
        (["glmv", "models", "remove", ""], {"small", "half-done"}),
    ],
)
def test_what_is_offered(line: list[str], expected: set[str], place: Place) -> None:
    assert offered(line, place) == expected


def test_every_option_is_offered_after_a_dash(place: Place) -> None:
    options = offered(["glmv", "describe", "-"], place)
    assert {"-m", "--model", "--think", "--no-think", "--json", "-h", "--help"} <= options
    assert all(option.startswith("-") for option in options)


def test_a_glmv_that_is_missing_offers_no_names(place: Place) -> None:
    (place.home / "bin" / "glmv").unlink()
    assert offered(["glmv", "ask", "hi", "-m", ""], place) == {"my dir", "sub"}


@pytest.mark.parametrize(
    ("keys", "called"),
    [
        ("glmv des\tmy\\ p\t", ["describe", "my photo.png"]),
        ("glmv des\t'my p\t", ["describe", "my photo.png"]),
        ("glmv describe it\t fi\t", ["describe", "it's.jpg", "film.MP4"]),
        ("glmv describe ~/fi\tfi\t", ["describe", "HOME/files/film.MP4"]),
        ("glmv describe --show-t\tcol\t", ["describe", "--show-thinking", "collapsed"]),
        ("glmv describe --show-thinking=c\t", ["describe", "--show-thinking=collapsed"]),
        ("glmv ask hi -m sm\t", ["ask", "hi", "-m", "small"]),
        ("glmv models re\thal\t", ["models", "remove", "half-done"]),
        ("glmv quantize my\t su\t", ["quantize", "my dir/", "sub/"]),
    ],
)
def test_what_comes_of_tabs(keys: str, called: list[str], place: Place) -> None:
    settings = place.home / ".bashrc"
    settings.write_text(f"PS1='READY>'\nsource {shlex.quote(str(SCRIPT))}\n")
    arguments = typed(["bash", "--noprofile", "--rcfile", str(settings), "-i"], keys, place)
    assert arguments == [word.replace("HOME", str(place.home)) for word in called]
