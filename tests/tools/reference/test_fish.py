from __future__ import annotations

import shlex
import shutil

import pytest

from tests.tools.reference.shells import COMPLETIONS, Place, output

pytestmark = pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
MEDIA = {"my photo.png", "film.MP4", "it's.jpg", "my dir/", "sub/"}


def offered(line: str, place: Place) -> set[str]:
    """What fish offers for the end of ``line``, without the descriptions."""
    script = place.home / "line.fish"
    script.write_text(f"source {shlex.quote(str(COMPLETIONS / 'glmv.fish'))}\ncomplete -C (cat {place.home}/line)\n")
    (place.home / "line").write_text(line)
    return {shown.split("\t")[0] for shown in output(["fish", "--no-config", str(script)], place)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("glmv de", {"describe"}),
        ("glmv describe --show", {"--show-thinking"}),
        ("glmv describe --no-t", {"--no-think"}),
        ("glmv describe --show-thinking ", {"auto", "full", "collapsed", "none"}),
        ("glmv describe --show-thinking=co", {"--show-thinking=collapsed"}),
        ("glmv ask hi -m ", {"small", "glm-4.5v", "demo", "my dir/", "sub/"}),
        ("glmv describe ", MEDIA),
        ("glmv describe film.MP4 --think ", MEDIA),
        ("glmv describe -p what m", {"my photo.png", "my dir/"}),
        ("glmv describe my\\ p", {"my photo.png"}),
        ("glmv describe 'my p", {"my photo.png"}),
        ("glmv describe sub/", {"sub/in.webp"}),
        ("glmv describe ~/files/f", {"~/files/film.MP4"}),
        ("glmv describe --stop ", set()),
        ("glmv ask ", set()),
        ("glmv ask hi -a f", {"film.MP4"}),
        ("glmv plan ", {"small", "glm-4.5v", "demo", "config.json", "my dir/", "sub/"}),
        ("glmv quantize ", {"my dir/", "sub/"}),
        ("glmv quantize a b ", set()),
        ("glmv models ", {"default", "remove"}),
        ("glmv models --json d", {"default"}),
        ("glmv models remove ", {"small", "half-done"}),
    ],
)
def test_what_is_offered(line: str, expected: set[str], place: Place) -> None:
    assert offered(line, place) == expected
