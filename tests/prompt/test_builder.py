"""Our prompts are, token by token, those of the processor in transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, Glm4vProcessor, Glm46VProcessor, PreTrainedTokenizerFast
from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil
from transformers.models.glm46v.image_processing_pil_glm46v import Glm46VImageProcessorPil
from transformers.video_utils import VideoMetadata

from glmv_cli.errors import ModelError, UsageError
from glmv_cli.media.frames import DecodedImage, DecodedMedia, DecodedVideo, VideoInfo
from glmv_cli.messages import MediaPart, MediaSource, Message, Role, TextPart
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import IMAGE, VIDEO
from tests.checkpoints import write_checkpoint
from tests.releases import RELEASES

SEEING = [name for name, release in RELEASES.items() if release.processor]
READING = [name for name, release in RELEASES.items() if not release.processor]


@pytest.fixture(scope="module")
def builder(demo_directory: Path) -> PromptBuilder:
    return PromptBuilder(demo_directory)


@pytest.fixture(scope="module", params=["demo", *SEEING])
def seeing(request: pytest.FixtureRequest, demo_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, and a checkpoint of every release that sees."""
    if request.param == "demo":
        return demo_directory
    return write_checkpoint(tmp_path_factory.mktemp("seeing") / request.param, request.param)


@pytest.fixture(scope="module")
def reference(seeing: Path) -> Any:
    """The library's processor, but for films: those need torchvision."""
    config = json.loads((seeing / "preprocessor_config.json").read_text())
    settings = {k: v for k, v in config.items() if not k.endswith(("_type", "_class"))}
    processor_class, image_class = {
        "Glm4vProcessor": (Glm4vProcessor, Glm4vImageProcessorPil),
        "Glm46VProcessor": (Glm46VProcessor, Glm46VImageProcessorPil),
    }[config["processor_class"]]
    processor = object.__new__(processor_class)
    tokenizer = AutoTokenizer.from_pretrained(seeing)
    processor.image_processor = image_class(**settings)
    processor.tokenizer = tokenizer
    processor.image_token, processor.video_token = "<|image|>", "<|video|>"
    for name, token in (("image_token_id", "<|image|>"), ("video_token_id", "<|video|>"),
                        ("video_start_id", "<|begin_of_video|>"), ("video_end_id", "<|end_of_video|>")):  # fmt: skip
        setattr(processor, name, tokenizer.convert_tokens_to_ids(token))
    return processor


def picture(height: int, width: int) -> DecodedImage:
    return DecodedImage(np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8))


def film(frames: int, fps: float) -> DecodedVideo:
    pixels = np.random.default_rng(frames).integers(0, 256, (frames, 60, 80, 3), np.uint8)
    times = tuple(i / fps for i in range(frames))
    return DecodedVideo(pixels, times, VideoInfo(frames, fps, frames / fps, 80, 60))


def user(*parts: str | MediaSource) -> Message:
    return Message("user", tuple(TextPart(p) if isinstance(p, str) else MediaPart(p) for p in parts))


def rendered(tokenizer: PreTrainedTokenizerFast, messages: list[dict[str, object]], think: bool) -> str:
    return str(
        tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=think)
    )


@pytest.mark.parametrize("think", [True, False])
@pytest.mark.parametrize("sizes", [[], [(480, 640)], [(30, 20), (700, 300)]])
def test_a_prompt_with_pictures_is_that_of_the_library(
    seeing: Path, reference: Any, sizes: list[tuple[int, int]], think: bool
) -> None:
    sources = {MediaSource(str(i), Path(str(i))): picture(h, w) for i, (h, w) in enumerate(sizes)}
    messages = [Message("system", (TextPart("Be brief."),)), user(*sources, "What is this? 中🎈")]
    inputs = PromptBuilder(seeing).build(messages, sources, think)

    parts = [{"type": "image"} for _ in sizes] + [{"type": "text", "text": "What is this? 中🎈"}]
    conversation: list[dict[str, object]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": parts},
    ]
    text = rendered(reference.tokenizer, conversation, think)
    if sizes:
        pixels = reference.image_processor([Image.fromarray(p.pixels) for p in sources.values()], return_tensors="pt")
        for index in range(len(sizes)):
            written = reference.replace_image_token(pixels, index)
            text = text.replace("<|image|>", written.replace("<|image|>", "\0"), 1)
        text = text.replace("\0", "<|image|>")
        assert inputs.images is not None
        assert torch.equal(inputs.images.values(), pixels["pixel_values"])
        assert inputs.images.grids.tolist() == pixels["image_grid_thw"].tolist()
    expected = reference.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert inputs.ids[0].tolist() == expected
    assert inputs.kinds[0].tolist() == reference.create_mm_token_type_ids([expected])[0]


@pytest.mark.parametrize(("frames", "fps"), [(2, 2.0), (6, 2.0), (10, 2.0), (7, 1.9)])
def test_a_film_is_written_as_the_library_writes_it(seeing: Path, reference: Any, frames: int, fps: float) -> None:
    source = MediaSource("film", Path("film"))
    shown = film(frames, fps)
    inputs = PromptBuilder(seeing).build([user(source, "What moves?")], {source: shown}, True)
    assert inputs.videos is not None
    grid = inputs.videos.grids
    metadata = VideoMetadata(total_num_frames=frames, fps=fps, frames_indices=list(range(frames)))
    reference.video_processor = type("Rules", (), {"merge_size": 2})()
    written = reference.replace_video_token({"video_grid_thw": grid, "video_metadata": [metadata]}, 0)
    conversation: list[dict[str, object]] = [
        {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "What moves?"}]}
    ]
    text = rendered(reference.tokenizer, conversation, True).replace("<|video|>", written)
    expected = reference.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert inputs.ids[0].tolist() == expected
    assert inputs.kinds[0].tolist() == reference.create_mm_token_type_ids([expected])[0]
    assert inputs.tokens(VIDEO) == int(grid.prod()) // 4
    assert inputs.tokens(IMAGE) == 0


def test_pictures_and_films_keep_their_order_and_kind(builder: PromptBuilder) -> None:
    a, b, c = (MediaSource(n, Path(n)) for n in "abc")
    media: dict[MediaSource, DecodedMedia] = {a: film(4, 2.0), b: picture(100, 100), c: film(2, 2.0)}
    inputs = builder.build([user(a, b, c, "?")], media, True)
    runs = [kind for i, kind in enumerate(inputs.kinds[0].tolist()) if kind and kind != inputs.kinds[0][i - 1]]
    assert runs == [VIDEO, VIDEO, IMAGE, VIDEO]


def test_media_marks_in_somebodys_text_stay_text(builder: PromptBuilder) -> None:
    text = "what is <|image|> or <|user|> or <|endoftext|>?"
    inputs = builder.build([user(text)], {}, True)
    assert inputs.kinds.sum() == 0
    added = set(builder.tokenizer.get_added_vocab().values())
    marks = [i for i in inputs.ids[0].tolist() if i in added]
    assert builder.tokenizer.convert_ids_to_tokens(marks) == ["[gMASK]", "<sop>", "<|user|>", "<|assistant|>"]
    shown = builder.tokenizer.decode(inputs.ids[0]).replace("\u200b", "")
    assert text in shown


def test_the_thinking_switch_reaches_the_template(builder: PromptBuilder) -> None:
    on, off = (builder.tokenizer.decode(builder.build([user("Hi")], {}, think).ids[0]) for think in (True, False))
    assert off.endswith("Hi/nothink<|assistant|>\n<think></think>")
    assert on.endswith("Hi<|assistant|>")


@pytest.mark.parametrize("family", RELEASES)
def test_a_template_without_a_switch_for_thinking_is_known(family: str, tmp_path: Path) -> None:
    builder = PromptBuilder(write_checkpoint(tmp_path / "c", family))
    assert builder.can_skip_thinking == (family != "glm4v")


@pytest.mark.parametrize("think", [True, False])
@pytest.mark.parametrize("family", READING)
def test_a_text_model_reads_what_its_template_says(family: str, think: bool, tmp_path: Path) -> None:
    builder = PromptBuilder(write_checkpoint(tmp_path / "c", family))
    turns = ["Be brief.", "Hi <|image|>", "<think>hm</think>Hello.", "And now?"]
    roles: list[Role] = ["system", "user", "assistant", "user"]
    messages = [Message(role, (TextPart(text),)) for role, text in zip(roles, turns, strict=True)]
    inputs = builder.build(messages, {}, think)
    spoken = [text.replace("<|image|>", "<\u200b|image|>") for text in turns]
    conversation: list[dict[str, object]] = [{"role": r, "content": t} for r, t in zip(roles, spoken, strict=True)]
    text = rendered(builder.tokenizer, conversation, think)
    assert inputs.ids[0].tolist() == builder.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert not inputs.kinds.any()
    assert inputs.images is inputs.videos is None
    assert inputs.starts_in_thinking == (think and family == "glm4_moe-4.7")


def test_media_for_a_text_model_are_refused(tmp_path: Path) -> None:
    builder = PromptBuilder(write_checkpoint(tmp_path / "GLM-4.5-Air", "glm4_moe-air"))
    source = MediaSource("a", Path("a"))
    with pytest.raises(UsageError, match=r"GLM-4\.5-Air reads text only"):
        builder.build([user(source, "?")], {source: picture(60, 60)}, True)
    with pytest.raises(UsageError, match="reads text only"):
        builder.sight.sampler  # noqa: B018
    with pytest.raises(UsageError, match="reads text only"):
        builder.sight.fit(2, 60, 60)


def test_processors_in_one_file_are_found(tmp_path: Path) -> None:
    directory = write_checkpoint(tmp_path / "c", "glm46v")
    source = MediaSource("film", Path("film"))
    before = PromptBuilder(directory).build([user(source)], {source: film(6, 2.0)}, True)
    image, video = (directory / f"{kind}preprocessor_config.json" for kind in ("", "video_"))
    both = {"image_processor": json.loads(image.read_text()), "video_processor": json.loads(video.read_text())}
    (directory / "processor_config.json").write_text(json.dumps(both))
    image.unlink()
    video.unlink()
    after = PromptBuilder(directory).build([user(source)], {source: film(6, 2.0)}, True)
    assert torch.equal(after.ids, before.ids)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.json", None),
        ("tokenizer.json", "{"),
        ("preprocessor_config.json", None),
        ("preprocessor_config.json", "{}"),
        ("preprocessor_config.json", '{"size": 3}'),
        ("video_preprocessor_config.json", "not json"),
        ("chat_template.jinja", None),
        ("chat_template.jinja", "{% for %}"),
        ("chat_template.jinja", "{{ raise_exception('no') }}"),
    ],
)
def test_a_missing_or_broken_file_is_named(
    demo_directory: Path, tmp_path: Path, name: str, content: str | None
) -> None:
    copy = shutil.copytree(demo_directory, tmp_path / "copy")
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        PromptBuilder(copy)
    assert name.split(".")[0].split("_")[0] in caught.value.message + str(caught.value.hint)
