"""What a prompt takes, by source, before anything is decoded; and advice that helps when it is followed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import GlmvError
from glmv_cli.events import PromptPart
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.load import load
from glmv_cli.media.outlook import outlook
from glmv_cli.messages import FilmOptions, MediaPart, MediaSource, Message, SeeingOptions, TextPart
from glmv_cli.prompt.account import (
    Account,
    Share,
    check_room,
    largest_frames,
    largest_image_tokens,
    largest_video_tokens,
)
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO
from glmv_cli.prompt.pixels import PixelRules, tokens_of
from tests.media.documents import write_pdf

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
RULES = PixelRules(12_544, 9_633_792, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1 / 255, 14, 2, 2)
FILM_RULES = replace(RULES, max_pixels=47_040_000, film=True)
"""Of the released models."""
REPORT = MediaSource("report.pdf", Path("report.pdf"))
FILM = MediaSource("film.mp4", Path("film.mp4"))
A4 = (2339, 1654)


def pages(count: int, text: int = 100) -> Account:
    tokens = tokens_of(1, *A4, RULES)
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
    film = Share(FILM, (480, 640), 5000, marks=(3,) * 20)
    error = refusal(replace(account, shares=(*account.shares, film)), 32_768)
    each = tokens_of(1, *A4, RULES)
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
        return account.text + count * tokens_of(1, *A4, RULES.within(None, most))

    if most is None:
        assert total(1) > room
        return
    assert total(most) <= room
    assert most == tokens_of(1, *A4, RULES) or total(most + 1) > room


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


def films(*patches: int, text: int = 100) -> Account:
    """Of 480p, with four tokens of text a patch."""
    shares = (Share(FILM, (480, 854), tokens_of(2 * count, 480, 854, FILM_RULES), (4,) * count) for count in patches)
    return Account(text + 4 * sum(patches), tuple(shares), RULES, FILM_RULES)


def test_films_have_advice_of_their_own() -> None:
    error = refusal(films(60, 2), 8192)
    assert error.message.endswith("text 348, film.mp4 28,860")
    assert error.hint == (
        "21,017 or more tokens must go: --max-video-tokens 5230 makes it fit; or --max-frames 18 does; "
        "or show a part, with --start and --end; or raise --context, up to 65536"
    )


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=3), st.integers(100, 65_536), st.none() | st.integers(50, 9000)
)
def test_the_advice_on_films_helps_and_is_no_smaller_than_it_must_be(
    patches: list[int], room: int, wished: int | None
) -> None:
    account = replace(films(*patches), seeing=SeeingOptions(film=FilmOptions(max_tokens=wished)))

    def total(rules: PixelRules, most: int) -> int:
        counts = [min(count, most) for count in patches]
        return 100 + sum(4 * count + tokens_of(2 * count, 480, 854, rules) for count in counts)

    tokens, frames = largest_video_tokens(account, room), largest_frames(account, room)
    if tokens is not None:
        assert total(FILM_RULES.within(None, tokens), tokens) <= room
    narrowed = FILM_RULES.within(None, wished)
    if frames is None:
        assert total(narrowed, 1) > room
    else:
        assert total(narrowed, frames // 2) <= room
        assert frames == 2 * max(patches) or total(narrowed, frames // 2 + 1) > room


def test_the_times_of_a_film_do_not_make_it_a_question_of_the_text() -> None:
    account = Account(1300, (Share(FILM, (480, 640), 128, marks=(4,) * 300),), RULES, FILM_RULES)
    assert "--max-frames" in str(refusal(account, 1024).hint)
    assert "use less text" in str(refusal(replace(account, text=3000), 1024).hint)


def test_text_has_to_be_less() -> None:
    error = refusal(Account(500), 400, most=400)
    assert error.message.endswith(": text 500")
    assert error.hint == "101 or more tokens must go: use less text"


def test_the_account_is_what_the_prompt_takes(demo_directory: Path, tmp_path: Path) -> None:
    report = MediaSource("report.pdf", write_pdf(tmp_path / "report.pdf", 3))
    shapes = MediaSource("shapes.png", EXAMPLES / "shapes.png")
    film = MediaSource("film.mp4", EXAMPLES / "film.mp4")
    sources = (report.page_of(1), shapes, film, report.page_of(3))
    messages = [Message("user", (*map(MediaPart, sources), TextPart("Describe these.")))]
    builder = PromptBuilder(demo_directory)
    seeing = SeeingOptions(max_image_tokens=20)
    sight = builder.sight.within(seeing)
    known = {source: outlook(source, sight.sampler, max_pixels=DEFAULT_MAX_PIXELS) for source in sources}
    account = builder.account(messages, known, False, seeing)
    media = {s: load(s, sampler=sight.sampler, fit=sight.fit, fit_picture=sight.fit_picture) for s in sources}
    inputs = builder.build(messages, media, False, seeing)
    exact = account.exactly(inputs.tokens(TEXT), inputs.tokens_of_each(IMAGE), inputs.tokens_of_each(VIDEO))
    assert exact.total == inputs.ids.shape[1]
    assert [share.tokens for share in exact.shares] == [15, 15, 100, 15]
    assert account == exact
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
