from __future__ import annotations

import pytest

from glmv_cli.config import DEFAULTS, KINDS, Settings, settle, variable_of
from glmv_cli.errors import UsageError
from glmv_cli.messages import SamplingOptions, SeeingOptions

# What a setting may be, as TOML and as a variable has it, and what it then is.
ALLOWED = [
    ("model", "glm-4.5v", "glm-4.5v", "glm-4.5v"),
    ("think", False, "no", False),
    ("think", True, "1", True),
    ("show_thinking", "none", "none", "none"),
    ("max_tokens", 7, "7", 7),
    ("temperature", 0, "0", 0),
    ("temperature", 0.5, "0.5", 0.5),
    ("max_pixels", 1, "1", 1),
    ("min_image_tokens", 4, "4", 4),
    ("max_image_tokens", 4, "4", 4),
    ("animated", "first", "first", "first"),
    ("fps", 0.5, "0.5", 0.5),
    ("page_seconds", 5, "5", 5),
    ("fps", 2, "2", 2),
    ("max_frames", 64, "64", 64),
    ("max_video_tokens", 4096, "4096", 4096),
    ("gpu_memory", 0, "0", 0),
    ("cpu_memory", "20GiB", "20GiB", 20 * 2**30),
    ("context", "32k", "32k", 32768),
    ("threads", 8, "8", 8),
    ("pin", True, "on", True),
]
REFUSED = [
    ("model", 5, None),
    ("model", " ", " "),
    ("think", "yes", "maybe"),
    ("think", 1, "2"),
    ("show_thinking", "some", "some"),
    ("show_thinking", False, "FULL"),
    ("max_tokens", 0, "0"),
    ("max_tokens", 1.5, "1.5"),
    ("max_tokens", True, "many"),
    ("max_tokens", "7", ""),
    ("temperature", -0.1, "-0.1"),
    ("temperature", float("nan"), "nan"),
    ("temperature", float("inf"), "inf"),
    ("max_pixels", [1], "1,000"),
    ("min_image_tokens", 0, "0"),
    ("max_image_tokens", 1.5, "few"),
    ("animated", True, "last"),
    ("fps", 0, "0"),
    ("fps", True, "inf"),
    ("max_frames", 0, "0"),
    ("page_seconds", 0, "0"),
    ("max_video_tokens", 1.5, "1k"),
    ("gpu_memory", "much", "20 GiBs"),
    ("cpu_memory", -1, "-1"),
    ("context", 0, "0"),
    ("threads", 0, "0"),
    ("threads", "all", "all"),
    ("pin", 1, "core"),
]


def test_without_a_wish_the_defaults_count() -> None:
    settled = settle({}, {}, {}, "config.toml")
    assert (settled.settings, settled.origins) == (Settings(), {})


def test_the_defaults_are_allowed() -> None:
    for name, kind in KINDS.items():
        value = getattr(DEFAULTS, name)
        assert value is None or kind.accepts(value)


def test_the_library_does_as_the_command_does() -> None:
    assert SamplingOptions().max_tokens == DEFAULTS.max_tokens
    assert SeeingOptions().page_seconds == DEFAULTS.page_seconds


def test_options_win_over_variables_over_the_file() -> None:
    given: dict[str, object] = {"max_tokens": 1, "think": None, "prompt": "not a setting"}
    environ = {"GLMV_MAX_TOKENS": "2", "GLMV_MAX_PIXELS": "2", "GLMV_THINK": ""}
    file: dict[str, object] = {"max_tokens": 3, "max_pixels": 3, "think": False}
    settled = settle(given, environ, file, "config.toml")
    assert settled.settings == Settings(max_tokens=1, max_pixels=2, think=False)
    assert settled.origins == {"max_pixels": "GLMV_MAX_PIXELS", "think": "config.toml"}


def test_an_option_that_is_false_or_zero_is_given() -> None:
    settled = settle({"think": False, "temperature": 0.0}, {}, {"think": True, "temperature": 1.0}, "")
    assert settled.settings == Settings(think=False, temperature=0.0)


@pytest.mark.parametrize(("name", "value", "text", "meant"), ALLOWED)
def test_what_is_allowed(name: str, value: object, text: str, meant: object) -> None:
    assert getattr(settle({}, {}, {name: value}, "").settings, name) == meant
    assert getattr(settle({}, {variable_of(name): text}, {}, "").settings, name) == meant


@pytest.mark.parametrize(("name", "value", "text"), REFUSED)
def test_what_is_not_allowed_is_told_with_its_place(name: str, value: object, text: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        settle({}, {}, {name: value}, "/etc/config.toml")
    assert caught.value.message.startswith(f"/etc/config.toml: {name} must be {KINDS[name].allowed}, not ")
    if text:
        with pytest.raises(UsageError) as caught:
            settle({}, {variable_of(name): text}, {}, "")
        assert caught.value.message == f"{variable_of(name)} must be {KINDS[name].allowed}, not '{text}'"


def test_a_variable_that_an_option_overrides_may_be_wrong() -> None:
    assert settle({"max_tokens": 1}, {"GLMV_MAX_TOKENS": "many"}, {}, "").settings.max_tokens == 1


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("max_token", "did you mean 'max_tokens'?"),
        ("max-tokens", "did you mean 'max_tokens'?"),
        ("MODEL", "did you mean 'model'?"),
        ("zzz", "the settings are model, think, "),
    ],
)
def test_what_is_no_setting_is_told_with_the_nearest(key: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"config.toml: there is no setting '{key}'") as caught:
        settle({}, {}, {key: 1}, "config.toml")
    assert str(caught.value.hint).startswith(hint)
