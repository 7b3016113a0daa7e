from __future__ import annotations

from glmv_cli.events import PromptPart, PromptSize, Timings, Usage
from glmv_cli.render.timings import peak_memory, prompt_text, timings_text


def test_every_phase_has_its_tokens_and_its_rate() -> None:
    usage = Usage(
        prompt_tokens=300, image_tokens=256, video_tokens=0, thinking_tokens=20, answer_tokens=31, cached_tokens=100
    )
    assert timings_text(usage, Timings(1.5, 0.5, 2.0, 2.75, 5.0, 10.0), 3 * 2**30) == (
        "load         1.50 s\n"
        "encode       256 tokens of media in 0.50 s, 512.0 a second\n"
        "prefill      200 tokens in 2.00 s, 100.0 a second, 100 more known already\n"
        "decode       51 tokens in 5.00 s, 10.0 a second, 20 of them thinking\n"
        "first token  after 2.75 s\n"
        "memory       3.0 GiB at most\n"
    )


def test_what_did_not_happen_has_no_rate() -> None:
    text = timings_text(Usage(5, 0, 0, 0, 0, 5), Timings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 1)
    assert "encode" not in text
    assert "a second" not in text


def test_memory_is_in_bytes() -> None:
    assert 10 * 2**20 < peak_memory() < 2**40


def test_a_prompt_is_told_by_source() -> None:
    parts = (PromptPart("text", 34), PromptPart("re\x1bport.pdf", 49_560, 10), PromptPart("cat.png", 312))
    assert prompt_text(PromptSize(parts, 65_536)) == (
        "prompt       49,906 tokens of 65,536\n"
        "                 34  text\n"
        "             49,560  re\\x1bport.pdf, 10 pages\n"
        "                312  cat.png\n"
    )
    assert prompt_text(PromptSize(parts[:1], 4096)) == "prompt       34 tokens of 4,096\n"
