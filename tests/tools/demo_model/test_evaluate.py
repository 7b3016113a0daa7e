from __future__ import annotations

from tools.demo_model.asking import Glmv
from tools.demo_model.evaluate import Run, alikeness
from tools.demo_model.grading import Reply


def test_kernels_are_told_apart_by_name() -> None:
    assert [Glmv("demo").name, Glmv("demo", kernel="int8").name] == ["demo", "demo int8"]


def test_texts_are_compared_word_by_word_and_boxes_by_how_they_lie() -> None:
    box, half = (0, 0, 10, 10), (0, 0, 10, 5)
    reference = [Reply("A star."), Reply("Two.", "I see."), Reply("[[…]]", boxes=(box,)), Reply("[[…]]", boxes=(box,))]
    other = [Reply("A star."), Reply("Two.", "I saw."), Reply("[[…]]", boxes=(half,)), Reply("No box.")]
    found = alikeness(Run("demo int8", True, other, []), Run("demo exact", True, reference, []))
    assert found == {
        "model": "demo int8",
        "reference": "demo exact",
        "thinking": True,
        "texts": 2,
        "same_texts": 1,
        "boxes": 2,
        "mean_iou": 0.25,
    }
