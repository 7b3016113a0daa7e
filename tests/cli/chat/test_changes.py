from __future__ import annotations

import pytest

from glmv_cli.cli.chat.changes import NAMES, change, values
from glmv_cli.config import Settings
from glmv_cli.errors import UsageError
from glmv_cli.messages import SamplingOptions

SETTINGS, SAMPLING = Settings(), SamplingOptions()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("temperature", "0.2", 0.2), ("top-k", "5", 5), ("top_p", "1", 1.0), ("seed", "7", 7), ("max_tokens", "9", 9)],
)
def test_sampling_is_changed(name: str, text: str, value: float) -> None:
    settings, sampling = change(SETTINGS, SAMPLING, name, text)
    assert settings == SETTINGS
    assert getattr(sampling, name.replace("-", "_")) == value


def test_texts_that_end_an_answer_are_changed() -> None:
    assert change(SETTINGS, SAMPLING, "stop", '"The end" User:')[1].stop == ("The end", "User:")
    assert values(SETTINGS, SamplingOptions(stop=("The end", "\n")))["stop"] == r'"The end" "\n"'


def test_settings_are_changed() -> None:
    settings, sampling = change(SETTINGS, SAMPLING, "show_thinking", "full")
    assert (settings.show_thinking, sampling) == ("full", SAMPLING)
    assert change(SETTINGS, SAMPLING, "think", "off")[0].think is False


@pytest.mark.parametrize(
    ("name", "text"),
    [("temperature", "warm"), ("temperature", "-1"), ("temperature", "nan"), ("top_p", "0"), ("top_p", "2"),
     ("min_p", "nan"), ("seed", str(2**64)), ("max_tokens", "0"), ("render", "pretty"), ("repetition_penalty", "inf"),
     ("stop", '""'), ("stop", '"open')],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"{name} must be"):
        change(SETTINGS, SAMPLING, name, text)


@pytest.mark.parametrize("name", NAMES)
def test_everything_goes_back_to_its_default(name: str) -> None:
    assert change(SETTINGS, SAMPLING, name, "default") == (SETTINGS, SAMPLING)


def test_a_misspelt_name_gets_a_near_miss() -> None:
    with pytest.raises(UsageError) as raised:
        change(SETTINGS, SAMPLING, "temprature", "1")
    assert raised.value.hint == "did you mean 'temperature'?"


def test_values_are_shown_as_they_are_typed() -> None:
    shown = values(SETTINGS, SamplingOptions(top_k=3))
    assert (shown["top_k"], shown["think"], shown["temperature"]) == ("3", "on", "default")
