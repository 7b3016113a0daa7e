from __future__ import annotations

from xml.etree import ElementTree

from tools.recording.drawing import Shot, svg
from tools.recording.terminal import Cell, Picture

SVG = "{http://www.w3.org/2000/svg}"


def picture(*rows: str, ink: str = "default", paper: str = "default") -> Picture:
    return tuple(tuple(Cell(char, ink, paper, bold=False) for char in row) for row in rows)


def drawn(*pictures: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(svg([Shot(picture, 1.5) for picture in pictures]))


def test_text_is_drawn_where_it_stands() -> None:
    (text,) = drawn(picture("  a < b  ")).iter(f"{SVG}text")
    assert text.text == "a < b"
    assert (text.get("x"), text.get("textLength")) == ("16.8", "42")


def test_a_row_stands_in_the_file_once() -> None:
    root = drawn(picture("one", "two"), picture("two", "   "))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["one", "two"]
    assert [(use.get("href"), use.get("y")) for use in root.iter(f"{SVG}use")] == [
        ("#r0", "0"),
        ("#r1", "18"),
        ("#r1", "0"),
    ]


def test_half_characters_are_boxes_of_their_two_colours() -> None:
    boxes = [box for box in drawn(picture("▀▀", ink="ff0000", paper="0000ff")).iter(f"{SVG}rect") if box.get("x")]
    assert [(box.get("y"), box.get("width"), box.get("fill")) for box in boxes] == [
        ("0", "16.8", "#ff0000"),
        ("9", "16.8", "#0000ff"),
    ]


def test_each_picture_has_its_time_and_without_animation_there_is_the_last_one() -> None:
    style = drawn(picture("one"), picture("two")).findtext(f"{SVG}style") or ""
    assert "@keyframes k1 { 0% { visibility: hidden } 50.00% { visibility: visible } 100.00%" in style
    assert style.endswith("#f1 { visibility: visible }\n")
