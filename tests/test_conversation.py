from __future__ import annotations

from pathlib import Path

from glmv_cli.conversation import Conversation, Exchange, media_of, text_of, user_message
from glmv_cli.events import Finished, Timings, Usage
from glmv_cli.messages import MediaSource, Message, SamplingOptions, SeeingOptions, TextPart

PICTURE = MediaSource("a.png", path=Path("a.png"))
FIRST = Exchange(user_message("What is it?", (PICTURE,)), "Hm.", "A cat.", "stop")
SECOND = Exchange(user_message("Sure?"), "", "Yes", "interrupted")


def test_a_request_has_the_system_prompt_and_earlier_answers_without_their_thinking() -> None:
    conversation = Conversation("Be brief.").with_exchange(FIRST).with_exchange(SECOND)
    sampling, seeing = SamplingOptions(max_tokens=5), SeeingOptions(max_image_tokens=9)
    request = conversation.request(user_message("Why?"), think=False, sampling=sampling, seeing=seeing)
    assert [m.role for m in request.messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [text_of(m) for m in request.messages] == ["Be brief.", "What is it?", "A cat.", "Sure?", "Yes", "Why?"]
    assert (request.think, request.sampling, request.seeing) == (False, sampling, seeing)


def test_without_a_system_prompt_the_question_is_first() -> None:
    request = Conversation().request(user_message("Hi"), True, SamplingOptions(), SeeingOptions())
    assert request.messages == (Message("user", (TextPart("Hi"),)),)


def test_media_stand_before_the_text() -> None:
    message = user_message("What is it?", (PICTURE,))
    assert media_of(message) == (PICTURE,)
    assert isinstance(message.parts[-1], TextPart)


def test_taking_back_the_last_exchange_changes_nothing_else() -> None:
    conversation = Conversation("s").with_exchange(FIRST)
    assert conversation.with_exchange(SECOND).without_last() == conversation
    assert conversation.without_last().without_last() == Conversation("s")


def test_a_conversation_knows_whether_something_was_shown() -> None:
    assert Conversation().with_exchange(FIRST).has_media
    assert not Conversation().with_exchange(SECOND).has_media


def test_an_exchange_of_a_whole_answer_has_its_costs() -> None:
    usage, timings = Usage(9, 4, 0, 2, 3), Timings(0.1, 0.1, 0.1, 0.1, 0.1, 9.0)
    exchange = Exchange.of(user_message("Hi"), Finished("Hm.", "Hello", (), "length", usage, timings))
    assert (exchange.answer, exchange.finish_reason, exchange.usage) == ("Hello", "length", usage)
