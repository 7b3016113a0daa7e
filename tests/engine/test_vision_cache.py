"""What was looked at is not looked at again, within a bound."""

from __future__ import annotations

import torch

from glmv_cli.engine.vision_cache import VisionCache
from glmv_cli.prompt.inputs import IMAGE, VIDEO, Medium, ModelInputs, Vision
from tests.engine.fakes import LEVELS, FakeNetwork, prompt, random_patches


def pictures(*seeds: int) -> list[Medium]:
    return prompt(range(4 * len(seeds)), *((4 * i, seed) for i, seed in enumerate(seeds))).media()


def test_equal_content_is_encoded_once() -> None:
    network = FakeNetwork()
    cache = VisionCache(network)
    first, same, other = (cache.features(medium) for medium in pictures(1, 1, 2))
    assert first is same
    assert not torch.equal(first, other)
    assert len(network.encoded) == 2


def test_the_least_recently_used_goes_when_it_is_full() -> None:
    network = FakeNetwork()
    cache = VisionCache(network, capacity=2 * 4 * 4)  # two pictures of 4 tokens, float32
    one, two, three = pictures(1, 2, 3)
    for medium in (one, two, one, three):
        cache.features(medium)
    assert [medium in cache for medium in (one, two, three)] == [True, False, True]


def test_what_is_larger_than_the_cache_is_encoded_all_the_same() -> None:
    cache = VisionCache(FakeNetwork(), capacity=1)
    [one] = pictures(1)
    assert cache.features(one).shape == (4, 1)
    assert one not in cache


def test_a_film_and_a_picture_of_the_same_pixels_are_not_the_same() -> None:
    vision = Vision(random_patches(1), torch.tensor([[1, 4, 4]]), LEVELS)
    kinds = torch.tensor([[IMAGE] * 4 + [VIDEO] * 4])
    picture, film = ModelInputs(torch.zeros(1, 8, dtype=torch.int64), kinds, vision, vision, False).media()
    assert picture.digest != film.digest
    assert (picture.at.tolist(), film.at.tolist()) == ([0, 1, 2, 3], [4, 5, 6, 7])
