"""Every token of an answer fits its grammar; what comes before the answer is free."""

from __future__ import annotations

import json

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel

from glmv_cli.engine.grammar import Constrained, Vocabulary
from glmv_cli.engine.schema import grammar_of

THINK, CLOSE, END = 256, 257, 258
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"color": {"enum": ["red", "blue"]}, "count": {"type": "integer", "minimum": 0, "maximum": 99}},
        "required": ["color", "count"],
        "additionalProperties": False,
    }
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A token for each byte, and three marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevel()
    tokenizer.add_special_tokens(["<think>", "</think>", "<end>"])
    return tokenizer


def said(tokenizer: Tokenizer, wishes: str, *, logits: int = 300, thinks: bool = False) -> tuple[str, list[int]]:
    """What a model says that wants to say ``wishes``, a token each, and then dislikes all tokens but the last ones."""
    planned = tokenizer.encode(wishes).ids
    tokens: list[int] = []

    def greedy(ids: torch.Tensor, logits: torch.Tensor) -> int:
        return int(logits.argmax(-1))

    def in_thinking() -> bool:
        return THINK in tokens and CLOSE not in tokens

    vocabulary = Vocabulary(tokenizer, [END])
    sampler = Constrained(greedy, vocabulary, grammar_of(SCHEMA), ["<think>"] if thinks else [], in_thinking)
    for step in range(60):
        wanted = torch.arange(logits).flip(0)[None] / 1000.0  # [1, V]
        if step < len(planned):
            wanted[0, planned[step]] = 1.0
        tokens.append(sampler(torch.zeros(1, step), wanted))
        if tokens[-1] == END:
            break
    return tokenizer.decode(tokens, skip_special_tokens=False), tokens


def test_a_model_that_obeys_is_left_alone(tokenizer: Tokenizer) -> None:
    assert said(tokenizer, '{"color": "red", "count": 7}<end>')[0] == '{"color": "red", "count": 7}<end>'


@pytest.mark.parametrize("wishes", ["I see two red circles.", "<end>", "}}}}", "<think><think>", "\xff\xfe"])
def test_whatever_it_wants_it_says_an_instance(tokenizer: Tokenizer, wishes: str) -> None:
    text, tokens = said(tokenizer, wishes)
    assert tokens[-1] == END
    value = json.loads(text.removesuffix("<end>"))
    assert set(value) == {"color", "count"}
    assert value["color"] in ("red", "blue")
    assert 0 <= value["count"] <= 99


def test_thinking_is_free_and_the_answer_is_not(tokenizer: Tokenizer) -> None:
    text, _ = said(tokenizer, '\n<think>Hm, {"a": 1}?</think>\nWell', thinks=True)
    thinking, _, answer = text.partition("</think>")
    assert thinking == '\n<think>Hm, {"a": 1}?'
    assert answer.startswith('\n{"color": ')


def test_an_answer_is_not_all_white_space(tokenizer: Tokenizer) -> None:
    text, _ = said(tokenizer, "\n" * 40)
    assert text.lstrip().startswith('{"color": ')
    assert len(text) - len(text.lstrip()) <= 16


def test_more_logits_than_tokens_do_no_harm(tokenizer: Tokenizer) -> None:
    assert said(tokenizer, "no", logits=259)[0] == said(tokenizer, "no", logits=1000)[0]


def test_one_vocabulary_serves_many_answers(tokenizer: Tokenizer) -> None:
    vocabulary = Vocabulary(tokenizer, [END])
    matchers = [vocabulary.matcher(grammar_of(SCHEMA), 300) for _ in range(2)]
    assert matchers[0].consume_token(tokenizer.encode("{").ids[0])
    assert matchers[1].compute_bitmask() != matchers[0].compute_bitmask()
