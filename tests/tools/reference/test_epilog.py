from __future__ import annotations

import pytest

from tools.reference.epilog import Section, sections

EPILOG = """
\b
Examples:
  glmv describe photo.jpg
  glmv describe - < film.mp4

\b
Environment:
  HF_TOKEN     for models that
               ask for it
  GLMV_HOME=x  a place

\b
A run that was interrupted
goes on: nothing is lost.
"""


def test_blocks_have_titles_and_paragraphs_have_none() -> None:
    examples, environment, paragraph = sections(EPILOG)
    assert examples == Section("Examples", ("glmv describe photo.jpg", "glmv describe - < film.mp4"))
    assert environment.title == "Environment"
    assert paragraph == Section("", ("A run that was interrupted", "goes on: nothing is lost."))


def test_lists_have_keys_and_texts_that_may_go_on() -> None:
    assert sections(EPILOG)[1].entries() == [("HF_TOKEN", "for models that ask for it"), ("GLMV_HOME=x", "a place")]


def test_a_command_may_have_no_epilog() -> None:
    assert sections(None) == sections("") == ()


def test_a_key_that_leaves_no_room_for_its_text_is_no_part_of_the_line_before() -> None:
    with pytest.raises(ValueError, match="much-too-long"):
        Section("Files", ("short  a text", "much-too-long", "       its text")).entries()
