from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.events import Box
from glmv_cli.parsing.boxes import find_boxes, to_pixels


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("[[94,598,177,991]]", [(94, 598, 177, 991)]),
        ("[94,598,177,991]", [(94, 598, 177, 991)]),
        ("It is at [[ 94, 598 ,\n177, 991 ]].", [(94, 598, 177, 991)]),
        ("[[1,2,3,4],[5,6,7,8]]", [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ("left [1,2,3,4], right [[5,6,7,8]]", [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ("[0.4, 1.6, 999.7, 1000.0]", [(0, 2, 1000, 1000)]),
        ("[0,0,1000,1000]", [(0, 0, 1000, 1000)]),
        ("[9,8,1,2]", [(9, 8, 1, 2)]),
    ],
)
def test_boxes_are_found(text: str, boxes: list[tuple[int, int, int, int]]) -> None:
    assert find_boxes(text) == boxes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no box",
        "1,2,3,4",
        "[1,2,3]",
        "[1,2,3,4,5]",
        "[1,2,3,1001]",
        "[1,2,3,1000.1]",
        "[-1,2,3,4]",
        "[1,2,3,x]",
        "[1 2 3 4]",
        "[1,2,3,4",
        "[1,2,3,.]",
        "[1,2,3," + "9" * 5000 + "]",
    ],
)
def test_nonsense_is_no_box(text: str) -> None:
    assert find_boxes(text) == []


def test_a_bad_box_does_not_hide_a_good_one() -> None:
    assert find_boxes("[[1,2,3,2000],[5,6,7,8]]") == [(5, 6, 7, 8)]


def test_the_scale_runs_from_edge_to_edge() -> None:
    assert to_pixels((0, 0, 1000, 1000), 640, 480) == Box(0, 0, 640, 480)
    assert to_pixels((250, 500, 750, 999), 640, 480) == Box(160, 240, 480, 480)


def test_corners_are_put_in_order() -> None:
    assert to_pixels((900, 800, 100, 200), 100, 50) == Box(10, 10, 90, 40)


def test_coordinates_outside_the_scale_are_clamped() -> None:
    assert to_pixels((-5, 20, 1200, 3000), 100, 50) == Box(0, 1, 100, 50)


@settings(deadline=None)
@given(
    box=st.tuples(*[st.integers(0, 1000)] * 4),
    width=st.integers(1, 20_000),
    height=st.integers(1, 20_000),
)
def test_pixels_lie_in_the_picture_within_half_a_pixel(box: tuple[int, int, int, int], width: int, height: int) -> None:
    found = to_pixels(box, width, height)
    assert 0 <= found.x1 <= found.x2 <= width
    assert 0 <= found.y1 <= found.y2 <= height
    assert abs(found.x1 * 1000 - min(box[0], box[2]) * width) <= 500
    assert abs(found.x2 * 1000 - max(box[0], box[2]) * width) <= 500
    assert abs(found.y1 * 1000 - min(box[1], box[3]) * height) <= 500
    assert abs(found.y2 * 1000 - max(box[1], box[3]) * height) <= 500


@settings(deadline=None)
@given(boxes=st.lists(st.tuples(*[st.integers(0, 1000)] * 4)))
def test_what_is_written_as_nested_lists_is_found(boxes: list[tuple[int, int, int, int]]) -> None:
    assert find_boxes(str([list(box) for box in boxes])) == boxes
