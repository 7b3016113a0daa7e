"""The demo model's tokenizer: byte-level BPE with GLM's special tokens, learnt from the demo's own language.

It is kept in ``tokenizer.json``: trained weights belong to it, and any change to the scenes or the wordings would
change what is learnt. ``python -m tools.demo_model.tokenizer`` learns it anew; training must then begin anew too.

Byte-level, so that any text (Chinese, emoji, broken bytes apart) round-trips; digits stand alone, as coordinates and
times are read digit by digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from tools.demo_model import language
from tools.demo_model.film import random_film
from tools.demo_model.scene import random_scene

SPECIAL_TOKENS = (
    "<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>", "<|system|>", "<|user|>", "<|assistant|>",
    "<|observation|>", "<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>",
    "<|image|>", "<|video|>", "<think>", "</think>", "/nothink", "<|begin_of_box|>", "<|end_of_box|>",
)  # fmt: skip
VOCABULARY = 640
_CORPUS_ROUNDS = 3000
_FILE = Path(__file__).with_name("tokenizer.json")


def load_tokenizer() -> Tokenizer:
    """The tokenizer that the demo model is trained with."""
    return Tokenizer.from_file(str(_FILE))


def learn_tokenizer() -> Tokenizer:
    """Learns the merges; the same every time, as long as the demo's language stays as it is."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[AddedToken(t, special=t not in ("<think>", "</think>")) for t in SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    return tokenizer


def _corpus() -> Iterator[str]:
    rng = Random(0)
    for _ in range(_CORPUS_ROUNDS):
        scene, other = random_scene(rng), random_scene(rng)
        still, pair = language.SceneTalk(scene, 640, 480), language.PairTalk(scene, other)
        film = language.FilmTalk(random_film(rng))
        asked = (
            still.describe, still.count, still.count_some, still.where, still.color, still.at_place, still.background,
            pair.describe, pair.compare, film.describe, film.moves, film.appears,
            language.about_itself, language.beyond,
        )  # fmt: skip
        for question in asked:
            turn = question(rng)
            yield turn.question
            yield turn.answer
            yield turn.thought


if __name__ == "__main__":
    learn_tokenizer().save(str(_FILE))
