"""Pictures and pages of every format, mode, compression, turn, profile and size, against what they were drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from pillow_heif import register_heif_opener

from glmv_cli.errors import GlmvError
from glmv_cli.media.document import pages_of
from glmv_cli.media.frames import DecodedVideo, VideoInfo
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource
from tools.corpus.animation import Animation, all_animations
from tools.corpus.clock import ROWS, color_error, difference, read_clock
from tools.corpus.document import Document, all_documents
from tools.corpus.picture import Picture
from tools.corpus.picture_table import all_pictures, large_pictures

PICTURES = list(all_pictures())
SMALL = [picture for picture in PICTURES if picture.size[0] <= 1024]
LARGE = [picture for picture in PICTURES if picture.size[0] > 1024]
EXACT = 8
"""Levels up to which every pixel is compared; beyond, codecs smear, and only even areas are."""
LOSSY = 18.0


@pytest.fixture(scope="module", autouse=True)
def heic() -> None:
    """Teaches Pillow to write it."""
    register_heif_opener(thumbnails=False)


def name_of(piece: Picture | Animation | Document) -> str:
    return piece.name


def check(picture: Picture) -> None:
    source = MediaSource(picture.name, data=picture.encoded())
    pixels = read_image(source, max_pixels=DEFAULT_MAX_PIXELS).pixels
    assert pixels.shape == (picture.size[1], picture.size[0], 3)
    assert image_size(source) == picture.size
    if picture.error <= EXACT:
        upright = picture.upright()
        # In bands: a picture of 48 megapixels takes a gigabyte as differences.
        worst = max(
            int(np.abs(pixels[top : top + 256].astype(np.int16) - upright[top : top + 256]).max())
            for top in range(0, len(pixels), 256)
        )
        assert worst <= picture.error
    elif min(picture.size) >= ROWS:
        assert difference(pixels, picture.upright()) <= picture.error


@pytest.mark.parametrize("picture", [picture for picture in SMALL if not picture.refused], ids=name_of)
def test_a_picture_is_what_it_was_drawn_from(picture: Picture) -> None:
    check(picture)


@pytest.mark.parametrize("picture", [picture for picture in PICTURES if picture.refused], ids=name_of)
def test_what_is_no_picture_for_us_is_refused(picture: Picture) -> None:
    with pytest.raises(GlmvError) as caught:
        load(MediaSource(picture.name, data=picture.encoded()), sampler=every_tick)
    assert caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("picture", [*LARGE, *large_pictures()], ids=name_of)
def test_a_large_picture_is_what_it_was_drawn_from(picture: Picture) -> None:
    check(picture)


def every_tick(info: VideoInfo) -> range:
    return range(info.total_frames)


@pytest.mark.parametrize("animation", list(all_animations()), ids=name_of)
def test_an_animation_shows_each_frame_for_as_long_as_it_says(animation: Animation) -> None:
    shown = load(MediaSource(animation.name, data=animation.encoded()), sampler=every_tick)
    assert isinstance(shown, DecodedVideo)
    assert shown.info.duration == pytest.approx(sum(animation.lengths) / 1000)
    assert [read_clock(frame) for frame in shown.frames] == [animation.number_at(time) for time in shown.times]
    assert {read_clock(frame) for frame in shown.frames} == set(range(len(animation.lengths)))
    assert max(color_error(frame) for frame in shown.frames) <= LOSSY


@pytest.mark.parametrize("document", list(all_documents()), ids=name_of)
def test_the_pages_of_a_document_are_in_order(document: Document) -> None:
    source = MediaSource(document.name, data=document.encoded())
    pages = pages_of(source)
    assert pages is not None
    shown = [read_image(page, max_pixels=DEFAULT_MAX_PIXELS) for page in pages]
    assert [read_clock(page.pixels) for page in shown] == list(range(document.pages))
    assert max(color_error(page.pixels) for page in shown) <= LOSSY
    assert [image_size(page) for page in pages] == [(page.width, page.height) for page in shown]
