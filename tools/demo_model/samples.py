"""Training samples: pictures and films with dialogues about them, as token ids, labels, patches and dense targets."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from tokenizers import Tokenizer

from glmv_cli.prompt.patches import normalised, patchify
from glmv_cli.prompt.pixels import Grid, PixelRules
from tools.demo_model import language
from tools.demo_model.config import image_processor_config, video_processor_config
from tools.demo_model.film import Film, random_film
from tools.demo_model.language import Turn
from tools.demo_model.scene import COLORS, GROUNDS, KINDS, Palette, Scene, apart, draw, random_scene, reading_order

IMAGE_RULES = PixelRules.from_config(image_processor_config(), Path("preprocessor_config.json"))
VIDEO_RULES = PixelRules.from_config(video_processor_config(), Path("video_preprocessor_config.json"), film=True)
_SIZES = ((256, 192), (320, 240), (320, 240), (240, 240), (192, 256), (300, 200), (320, 180), (400, 300))
_FILM_SIZES = ((160, 120), (160, 120), (200, 150), (144, 144), (192, 108))
UNTRAINED = -100


@dataclass(slots=True)
class Seen:
    """One picture or one temporal patch of a film, on the merged grid: the truth under each token."""

    kind: npt.NDArray[np.int64]
    """``[h·w]``: 0 nothing, else 1 + index in KINDS."""
    color: npt.NDArray[np.int64]
    """``[h·w]``: 0 nothing, else 1 + index in COLORS."""
    moves: npt.NDArray[np.int64]
    """``[h·w]``: 1 where the shape moves between the two frames of the patch."""
    box: npt.NDArray[np.float32]
    """``[h·w, 4]``: the shape's box in fractions of the picture; only where there is one."""
    ground: int


@dataclass(slots=True)
class Sample:
    """A dialogue. ``patches``/``grids`` hold one entry a picture or film; films have ``grid[0] > 1`` or ``is_film``."""

    segments: list[tuple[str, bool]]
    """Text pieces in order; True: the model learns to say this."""
    patches: list[torch.Tensor] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    is_film: bool = False


def still_sample(rng: Random, boxes: float = 0.0) -> Sample:
    """A dialogue about one picture (most), two pictures, or none; a share of ``boxes`` ends on a thought-out box."""
    if boxes and rng.random() < boxes:
        return _box_sample(rng)
    choice = rng.random()
    if choice < 0.06:
        turns = [rng.choice((language.about_itself, language.beyond, language.beyond, language.nothing_shown))(rng)]
        return Sample(dialogue(rng, "", turns))
    if choice < 0.22:
        return _pair_sample(rng)
    scene, image = drawn_scene(rng)
    talk = language.SceneTalk(scene, image.width, image.height)
    # Boxes are learnt last, colours are asked of a shape that must be found first: both come more often.
    kinds = [
        talk.describe, talk.describe, talk.count, talk.count_some, talk.where, *[talk.box] * 4,
        talk.color, talk.color, talk.at_place, talk.background,
    ]  # fmt: skip
    turns = [kind(rng) for kind in rng.sample(kinds, rng.choice((1, 1, 1, 2, 3, 4)))]
    if rng.random() < 0.03:
        turns.append(rng.choice((language.about_itself, language.beyond))(rng))
    sample = Sample([])
    shown = _show(sample, np.asarray(image)[None], [scene], IMAGE_RULES)
    sample.segments = dialogue(rng, shown, turns)
    return sample


def film_sample(rng: Random) -> Sample:
    """A dialogue about one film."""
    width, height = rng.choice(_FILM_SIZES)
    film = random_film(rng, width / height)
    frames, scenes = filmed(rng, film, width, height)
    talk = language.FilmTalk(film)
    kinds = (talk.describe, talk.describe, talk.describe, talk.moves, talk.moves, talk.appears, talk.appears)
    turns = [kind(rng) for kind in rng.sample(kinds, rng.choice((1, 1, 1, 2)))]
    sample = Sample([], is_film=True)
    shown = _show(sample, frames, scenes, VIDEO_RULES)
    sample.segments = dialogue(rng, shown, turns)
    return sample


def _box_sample(rng: Random) -> Sample:
    scene, image = drawn_scene(rng)
    talk = language.SceneTalk(scene, image.width, image.height)
    turns = [kind(rng) for kind in rng.choice(((), (), (talk.describe,), (talk.color,)))]
    sample = Sample([])
    shown = _show(sample, np.asarray(image)[None], [scene], IMAGE_RULES)
    sample.segments = dialogue(rng, shown, [*turns, talk.box(rng)], think=True)
    return sample


def _pair_sample(rng: Random) -> Sample:
    first, image = drawn_scene(rng)
    width, height = image.size
    second = changed(rng, first, width / height) if rng.random() < 0.8 else random_scene(rng, width / height)
    talk = language.PairTalk(first, second)
    turns = [kind(rng) for kind in rng.sample((talk.describe, talk.compare, talk.compare), rng.choice((1, 1, 2)))]
    sample = Sample([])
    shown = _show(sample, np.asarray(image)[None], [first], IMAGE_RULES)
    other = _spoilt(rng, draw(second, width, height, Palette(rng)))
    shown += _show(sample, np.asarray(other)[None], [second], IMAGE_RULES)
    sample.segments = dialogue(rng, shown, turns)
    return sample


def drawn_scene(rng: Random) -> tuple[Scene, Image.Image]:
    """A scene and its picture, sometimes stretched to another shape or spoilt by JPEG."""
    width, height = rng.choice(_SIZES)
    scene = random_scene(rng, width / height)
    image = draw(scene, width, height, Palette(rng), smooth=rng.choice((1, 1, 1, 2)))
    return scene, _spoilt(rng, image)


def changed(rng: Random, scene: Scene, aspect: float) -> Scene:
    """The scene with one shape taken away, added or replaced; or just as it was."""
    shapes = list(scene.shapes)
    how = rng.choice(("same", "less", "more", "other", "other"))
    if how in ("less", "other") and (len(shapes) > 1 or how == "other"):
        shapes.pop(rng.randrange(len(shapes)))
    if how in ("more", "other") and len(shapes) < 3:
        for _ in range(50):
            new = random_scene(rng, aspect, count=1).shapes[0]
            trial = Scene(scene.ground, reading_order([*shapes, new]))
            if len({s.place for s in trial.shapes}) == len(trial.shapes) and _clear(trial, aspect):
                return trial
    return Scene(scene.ground, reading_order(shapes)) if shapes else scene


def _clear(scene: Scene, aspect: float) -> bool:
    return all(apart(a, b, aspect) and (a.kind, a.color) != (b.kind, b.color) for a, b in combinations(scene.shapes, 2))


def _spoilt(rng: Random, image: Image.Image) -> Image.Image:
    if rng.random() < 0.3:
        width, height = rng.choice(_SIZES)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    if rng.random() < 0.35:
        image = _jpeg(image, rng.randint(40, 95))
    return image


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def filmed(rng: Random, film: Film, width: int, height: int) -> tuple[npt.NDArray[np.uint8], list[Scene]]:
    """The frames at every half second and what each shows; compressed, sometimes, as films are."""
    palette, quality = Palette(rng), rng.randint(40, 90) if rng.random() < 0.5 else 0
    late = rng.uniform(0, 0.08)  # the sampled frame is the first one at or after the half second
    frames, scenes = [], []
    for k in range(film.seconds * 2):
        scene = film.scene(k / 2 + late)
        image = draw(scene, width, height, palette)
        frames.append(np.asarray(_jpeg(image, quality) if quality else image))
        scenes.append(scene)
    return np.stack(frames), scenes


def _show(sample: Sample, frames: npt.NDArray[np.uint8], scenes: list[Scene], rules: PixelRules) -> str:
    """Adds a picture or film to the sample; returns the text that stands for it in the prompt."""
    patches, (t, h, w) = patchify(frames, rules)
    sample.patches.append(normalised(patches, torch.from_numpy(rules.levels())))
    sample.grids.append((t, h, w))
    m = rules.merge_size
    tokens = "<|image|>" * (h * w // m**2)
    one = f"<|begin_of_image|>{tokens}<|end_of_image|>"
    height, width = frames.shape[1:3]
    for k in range(t):
        pair = scenes[2 * k : 2 * k + 2]
        sample.seen.append(_seen(pair[0], pair[-1], h // m, w // m, width, height))
    if not sample.is_film:
        return one
    return "<|begin_of_video|>" + "".join(f"{one}{k}" for k in range(t)) + "<|end_of_video|>"


def _seen(scene: Scene, half_a_second_later: Scene, rows: int, columns: int, width: int, height: int) -> Seen:
    later = {(s.kind, s.color): (s.cx, s.cy) for s in half_a_second_later.shapes}
    kind = np.zeros((rows, columns), np.int64)
    color = np.zeros((rows, columns), np.int64)
    moves = np.zeros((rows, columns), np.int64)
    box = np.zeros((rows, columns, 4), np.float32)
    most = np.full((rows, columns), 0.12)  # less of a token than this is not worth naming
    for shape in scene.shapes:
        x1, y1, x2, y2 = shape.extent(width, height)
        extent = np.array([x1 / width, y1 / height, x2 / width, y2 / height], np.float32)
        x, y = np.arange(columns) / columns, np.arange(rows) / rows
        wide = np.clip(np.minimum(x + 1 / columns, extent[2]) - np.maximum(x, extent[0]), 0, None) * columns
        high = np.clip(np.minimum(y + 1 / rows, extent[3]) - np.maximum(y, extent[1]), 0, None) * rows
        share = high[:, None] * wide[None]
        covers = share > most
        most = np.maximum(most, share)
        kind[covers] = 1 + KINDS.index(shape.kind)
        color[covers] = 1 + list(COLORS).index(shape.color)
        moves[covers] = (shape.cx, shape.cy) != later[shape.kind, shape.color]
        box[covers] = extent
    ground = list(GROUNDS).index(scene.ground)
    return Seen(kind.ravel(), color.ravel(), moves.ravel(), box.reshape(-1, 4), ground)


def dialogue(rng: Random, shown: str, turns: list[Turn], think: bool | None = None) -> list[tuple[str, bool]]:
    """The conversation as the chat template writes it, cut into what is given and what is learnt.

    With thinking, only the last answer is thought about: earlier turns lie in the past, and there the template leaves
    an empty pair of marks.
    """
    think = rng.random() < 0.45 if think is None else think
    segments = [("[gMASK]<sop>", False)]
    for number, turn in enumerate(turns):
        media = shown if number == 0 else ""
        start = "<|user|>\n" if number == 0 else "\n"  # the mark itself ended the answer before
        segments.append((f"{start}{media}{turn.question}{'' if think else '/nothink'}<|assistant|>", False))
        if think and number == len(turns) - 1:
            segments.append((f"\n<think>{turn.thought}</think>\n{turn.answer}<|user|>", True))
        else:
            segments.append(("\n<think></think>", False))
            segments.append((f"\n{turn.answer}<|user|>", True))
    return segments


def encode(tokenizer: Tokenizer, sample: Sample) -> tuple[list[int], list[int]]:
    """Token ids and labels (:data:`UNTRAINED` where nothing is learnt) of a sample."""
    ids: list[int] = []
    labels: list[int] = []
    for text, trained in sample.segments:
        piece = tokenizer.encode(text).ids
        ids += piece
        labels += piece if trained else [UNTRAINED] * len(piece)
    return ids, labels
