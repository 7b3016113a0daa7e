from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

import tools.demo_model
from tools.demo_model import samples
from tools.demo_model.film import random_film
from tools.demo_model.language import Turn
from tools.demo_model.samples import (
    UNTRAINED,
    Sample,
    changed,
    dialogue,
    drawn_scene,
    encode,
    film_sample,
    filmed,
    still_sample,
)
from tools.demo_model.scene import COLORS, GROUNDS, KINDS, Palette, Scene, Shape, draw, random_scene
from tools.demo_model.tokenizer import load_tokenizer

IMAGE = "<|begin_of_image|><|image|><|end_of_image|>"
FILM = "<|begin_of_video|><|video|><|end_of_video|>"
TURNS = (
    Turn("What is this?", "There is 1 shape.", "I see a red circle."),
    Turn("Where is it?\nSay it.", "At the top.", "I look."),
    Turn("And its color?", "The circle is red.", "It is red."),
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer()


def rendered(messages: list[dict[str, Any]], **options: bool) -> str:
    """The chat template as transformers renders it."""
    source = Path(tools.demo_model.__file__).with_name("chat_template.jinja").read_text()
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source).render(messages=messages, **options)


def conversation(turns: tuple[Turn, ...], media: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a program gives the template for ``turns``, the first of which is about ``media``."""
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns):
        shown = [{"type": kind} for kind in media] if number == 0 else []
        messages.append({"role": "user", "content": [*shown, {"type": "text", "text": turn.question}]})
        messages.append({"role": "assistant", "content": turn.answer, "reasoning_content": turn.thought})
    return messages


@pytest.mark.parametrize("think", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    ("media", "shown"),
    [((), ""), (("image",), IMAGE), (("image", "image"), IMAGE + IMAGE), (("video",), FILM)],
    ids=["words", "image", "pair", "film"],
)
def test_dialogues_are_what_the_chat_template_writes(
    media: tuple[str, ...], shown: str, count: int, think: bool
) -> None:
    turns = TURNS[:count]
    said = dialogue(Random(0), shown, list(turns), think)
    messages = conversation(turns, media)
    if not think:
        messages[-1].pop("reasoning_content")

    # The model ends its answer by saying the next user's mark itself.
    assert "".join(text for text, _ in said) == rendered(messages, enable_thinking=think) + "<|user|>"
    # Before the last answer stands the very prompt that asks for it, and all of it is given.
    prompt = rendered(messages[:-1], enable_thinking=think, add_generation_prompt=True)
    assert "".join(text for text, _ in said[:-1]) == prompt
    assert said[-1] == (said[-1][0], True)


def test_thinking_is_the_default_of_template_and_dialogue() -> None:
    messages = conversation(TURNS[:1], ())

    assert rendered(messages[:1], add_generation_prompt=True).endswith("What is this?<|assistant|>")


@pytest.mark.parametrize("think", [True, False])
def test_questions_are_given_and_answers_learnt(think: bool) -> None:
    said = dialogue(Random(0), IMAGE, list(TURNS), think)
    learnt = "".join(text for text, trained in said if trained)
    given = "".join(text for text, trained in said if not trained)

    assert all(turn.answer + "<|user|>" in learnt for turn in TURNS)
    assert all(turn.question in given for turn in TURNS)
    assert (TURNS[-1].thought in learnt) == think
    assert not any(turn.thought in learnt + given for turn in TURNS[:-1])


@pytest.mark.parametrize("make", [still_sample, film_sample])
@pytest.mark.parametrize("seed", range(12))
def test_tokens_of_pieces_are_tokens_of_the_whole(make: Any, seed: int, tokenizer: Tokenizer) -> None:
    sample: Sample = make(Random(seed))
    ids, labels = encode(tokenizer, sample)

    assert ids == tokenizer.encode("".join(text for text, _ in sample.segments)).ids
    assert len(labels) == len(ids)
    assert all(label in (UNTRAINED, id) for id, label in zip(ids, labels, strict=True))
    assert tokenizer.token_to_id("<|user|>") == labels[-1]


@pytest.mark.parametrize("make", [still_sample, film_sample])
@pytest.mark.parametrize("seed", range(12))
def test_every_vision_token_has_its_patches_and_its_truth(make: Any, seed: int) -> None:
    sample: Sample = make(Random(seed))
    text = "".join(text for text, _ in sample.segments)
    merged = [t * h * w // 4 for t, h, w in sample.grids]

    assert text.count("<|image|>") == sum(merged) == sum(len(seen.kind) for seen in sample.seen)
    assert [len(p) for p in sample.patches] == [t * h * w for t, h, w in sample.grids]
    assert len(sample.seen) == sum(t for t, _, _ in sample.grids)
    assert max(merged, default=0) <= (16 * 16 if sample.is_film else 64)


@pytest.mark.parametrize("seed", range(8))
def test_a_film_is_given_with_the_second_of_each_of_its_steps(seed: int) -> None:
    sample = film_sample(Random(seed))
    steps, height, width = sample.grids[0]
    one = f"<|begin_of_image|>{'<|image|>' * (height * width // 4)}<|end_of_image|>"

    assert f"<|begin_of_video|>{''.join(f'{one}{k}' for k in range(steps))}<|end_of_video|>" in "".join(
        text for text, _ in sample.segments
    )


@pytest.mark.parametrize("seed", range(20))
def test_dense_targets_name_what_fills_a_token_and_nothing_on_bare_ground(seed: int) -> None:
    scene = random_scene(Random(seed))
    rows, columns, cell = 4, 5, 48
    seen = samples._seen(scene, scene, rows, columns, columns * cell, rows * cell)
    kind, color = seen.kind.reshape(rows, columns), seen.color.reshape(rows, columns)
    box = seen.box.reshape(rows, columns, 4)

    assert seen.ground == list(GROUNDS).index(scene.ground)
    for row, column in np.ndindex(rows, columns):
        shares = [fill(shape, scene.ground, rows, columns, cell)[row, column] for shape in scene.shapes]
        if max(shares) == 0:
            continue  # a box may reach further than its shape
        shape = scene.shapes[int(np.argmax(shares))]
        if max(shares) > 0.4:  # more than half of the token cannot be another's box
            assert kind[row, column] == 1 + KINDS.index(shape.kind)
            assert color[row, column] == 1 + list(COLORS).index(shape.color)
    for shape in scene.shapes:
        marked = (kind == 1 + KINDS.index(shape.kind)) & (color == 1 + list(COLORS).index(shape.color))
        x1, y1, x2, y2 = shape.extent(columns * cell, rows * cell)
        fractions = [x1 / columns / cell, y1 / rows / cell, x2 / columns / cell, y2 / rows / cell]
        assert marked.any()
        assert np.allclose(box[marked], fractions, atol=1e-5)
        ys, xs = np.nonzero(marked)
        assert xs.min() >= int(x1 / cell)
        assert xs.max() <= int(x2 / cell)
        assert ys.min() >= int(y1 / cell)
        assert ys.max() <= int(y2 / cell)
    assert not box[kind == 0].any()


def fill(shape: Shape, ground: str, rows: int, columns: int, cell: int) -> np.ndarray:
    """How much of each token the drawn shape fills: ``[rows, columns]``."""
    palette = Palette(Random(0))
    picture = np.asarray(draw(Scene(ground, (shape,)), columns * cell, rows * cell, palette))
    there = (picture != palette[ground]).any(axis=-1)
    share: np.ndarray = there.reshape(rows, cell, columns, cell).mean(axis=(1, 3))
    return share


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_scene_is_a_scene_that_differs_by_one_shape_at_most(seed: int) -> None:
    rng = Random(seed)
    first = random_scene(rng)
    second = changed(rng, first, 4 / 3)

    assert 1 <= len(second.shapes) <= 3
    assert len({s.place for s in second.shapes}) == len(second.shapes)
    assert len({(s.kind, s.color) for s in second.shapes}) == len(second.shapes)
    assert len(set(first.shapes) - set(second.shapes)) <= 1
    assert len(set(second.shapes) - set(first.shapes)) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_a_drawn_scene_comes_with_its_picture(seed: int) -> None:
    scene, image = drawn_scene(Random(seed))

    for shape in scene.shapes:
        at = (round(shape.cx * image.width), round(shape.cy * image.height))
        assert np.abs(np.subtract(image.getpixel(at) or (), COLORS[shape.color])).max() < 60


def test_films_are_shown_every_half_second() -> None:
    rng = Random(3)
    film = random_film(rng)
    frames, scenes = filmed(rng, film, 160, 120)

    assert frames.shape == (film.seconds * 2, 120, 160, 3)
    assert len(scenes) == len(frames)
    assert [len(s.shapes) for s in scenes] == [len(film.scene(k / 2).shapes) for k in range(film.seconds * 2)]
