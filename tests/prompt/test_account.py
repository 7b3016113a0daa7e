"""What a prompt takes, by source, before anything is decoded; and advice that helps when it is followed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import GlmvError
from glmv_cli.events import PromptPart
from glmv_cli.media.load import load
from glmv_cli.messages import MediaPart, MediaSource, Message, SeeingOptions, TextPart
from glmv_cli.prompt.account import Account, Share, check_room, largest_image_tokens, largest_video_tokens
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO
from glmv_cli.prompt.pixels import PixelRules, picture_tokens
from tests.media.documents import write_pdf

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
RULES = PixelRules(12_544, 9_633_792, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1 / 255, 14, 2, 2)
"""Of the released models."""
REPORT = MediaSource("report.pdf", Path("report.pdf"))
FILM = MediaSource("film.mp4", Path("film.mp4"))
A4 = (2339, 1654)


def pages(count: int, text: int = 100) -> Account:
    tokens = picture_tokens(*A4, RULES)
    return Account(text, tuple(Share(REPORT.page_of(n), A4, tokens) for n in range(1, count + 1)), RULES)


def refusal(account: Account, context: int, most: int = 65_536, answer: int = 2048) -> GlmvError:
    with pytest.raises(GlmvError) as caught:
        check_room(account, context, most, answer)
    return caught.value


def test_what_fits_is_let_through() -> None:
    check_room(pages(2), pages(2).total + 1, 65_536, 2048)
    refusal(pages(2), pages(2).total)


def test_an_error_names_every_source_and_what_to_change() -> None:
    account = pages(10)
    film = Share(FILM, None, 5000)
    error = refusal(replace(account, shares=(*account.shares, film)), 32_768)
    each = picture_tokens(*A4, RULES)
    assert error.message == (
        f"the prompt has {5100 + 10 * each:,} tokens, and the model takes 32,768 with its answer: text 100, "
        f"report.pdf (10 pages) {10 * each:,}, film.mp4 5,000"
    )
    assert error.hint == (
        f"{5101 + 10 * each - 32_768:,} or more tokens must go: --max-image-tokens 2614 makes it fit; "
        "or use fewer pages: report.pdf#1-5 fits; or raise --context, up to 65536"
    )


@given(st.integers(1, 60), st.integers(1000, 65_536))
def test_the_advice_helps_and_is_no_smaller_than_it_must_be(count: int, room: int) -> None:
    account = pages(count)
    most = largest_image_tokens(account, room)

    def total(most: int) -> int:
        return account.text + count * picture_tokens(*A4, RULES.within(None, most))

    if most is None:
        assert total(1) > room
        return
    assert total(most) <= room
    assert most == picture_tokens(*A4, RULES) or total(most + 1) > room


def test_the_least_that_is_asked_for_is_kept() -> None:
    account = replace(pages(10), seeing=SeeingOptions(min_image_tokens=3000))
    assert largest_image_tokens(account, 25_000) is None
    assert largest_image_tokens(account, 40_000) is not None
    assert "--max-image-tokens" not in str(refusal(account, 24_576).hint)


@pytest.mark.parametrize(
    ("context", "advice"),
    [(32_768, "report.pdf#1-6 fits"), (8192, "use one page: report.pdf#1"), (4096, "fewer pages than 8")],
)
def test_as_many_pages_as_fit_are_named(context: int, advice: str) -> None:
    assert advice in str(refusal(pages(8), context).hint)


def test_films_have_advice_of_their_own() -> None:
    account = Account(100, (Share(FILM, None, 9000), Share(FILM, None, 1000)), RULES)
    hint = str(refusal(account, 8192).hint)
    assert "--max-video-tokens 5044 makes it fit" in hint
    assert "--max-frames" in hint
    assert largest_video_tokens(account, 6144) == 5044


def test_text_has_to_be_less() -> None:
    error = refusal(Account(500), 400, most=400)
    assert error.message.endswith(": text 500")
    assert error.hint == "101 or more tokens must go: use less text"


def test_a_film_that_is_not_decoded_yet_is_not_said_to_be_free() -> None:
    account = replace(pages(10), shares=(*pages(10).shares, Share(FILM, None, 0)))
    assert refusal(account, 32_768).message.endswith("film.mp4 (not counted yet)")


def test_the_account_is_what_the_prompt_takes(demo_directory: Path, tmp_path: Path) -> None:
    report = MediaSource("report.pdf", write_pdf(tmp_path / "report.pdf", 3))
    shapes = MediaSource("shapes.png", EXAMPLES / "shapes.png")
    film = MediaSource("film.mp4", EXAMPLES / "film.mp4")
    sources = (report.page_of(1), shapes, film, report.page_of(3))
    messages = [Message("user", (*map(MediaPart, sources), TextPart("Describe these.")))]
    builder = PromptBuilder(demo_directory)
    seeing = SeeingOptions(max_image_tokens=20)
    account = builder.account(
        messages, {sources[0]: (300, 400), shapes: (480, 640), film: None, sources[3]: (300, 400)}, False, seeing
    )
    sight = builder.sight.within(seeing)
    media = {s: load(s, sampler=sight.sampler, fit=sight.fit, fit_picture=sight.fit_picture) for s in sources}
    inputs = builder.build(messages, media, False, seeing)
    exact = account.exactly(inputs.tokens(TEXT), inputs.tokens_of_each(IMAGE), inputs.tokens_of_each(VIDEO))
    assert exact.total == inputs.ids.shape[1]
    assert [share.tokens for share in exact.shares] == [15, 15, 100, 15]
    assert [share.tokens for share in account.shares] == [15, 15, 0, 15]
    times = exact.text - account.text
    assert 0 < times < 100  # marks and times of the film's frames
    parts = exact.told(4096).parts
    assert parts[1:] == (
        PromptPart("report.pdf", 30, 2), PromptPart("shapes.png", 15), PromptPart("film.mp4", 100),
    )  # fmt: skip
    assert parts[0] == PromptPart("text", exact.text)


def test_text_alone_is_counted(demo_directory: Path) -> None:
    builder = PromptBuilder(demo_directory)
    messages = [Message("user", (TextPart("What can you do?"),))]
    account = builder.account(messages, {}, True)
    assert account.total == builder.build(messages, {}, True).ids.shape[1]
