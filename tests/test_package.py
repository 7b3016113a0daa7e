"""What the distribution promises to those who install it, and that its papers agree with its code."""

from __future__ import annotations

import ast
import re
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import pytest

import glmv_cli
from glmv_cli import errors
from glmv_cli.cli import process
from glmv_cli.cli.app import EPILOG
from glmv_cli.errors import GlmvError

ROOT = Path(__file__).parent.parent

PUBLIC_NAMES = {
    "errors": {
        "DiskFullError",
        "GlmvError",
        "InputNotFoundError",
        "MediaError",
        "MemoryShortageError",
        "ModelError",
        "UsageError",
    },
    "events": {
        "AnswerDelta",
        "Box",
        "Event",
        "FinishReason",
        "Finished",
        "Notice",
        "Offloaded",
        "Progress",
        "PromptPart",
        "PromptSize",
        "SoFar",
        "ThinkingDelta",
        "Timings",
        "Usage",
    },
    "messages": {
        "Animated",
        "ChatRequest",
        "Data",
        "FilmOptions",
        "MediaPart",
        "MediaSource",
        "Message",
        "Part",
        "Role",
        "SamplingOptions",
        "SeeingOptions",
        "TextPart",
        "in_runs",
    },
}


def subclasses(parent: type[GlmvError]) -> set[type[GlmvError]]:
    """``parent`` and everything below it in the tree."""
    return {parent}.union(*(subclasses(child) for child in parent.__subclasses__()))


def test_the_installed_version_is_the_packages_own() -> None:
    assert distribution("glmv-cli").version == glmv_cli.__version__


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == glmv_cli.__version__


def test_the_package_says_that_it_is_typed() -> None:
    assert files("glmv_cli").joinpath("py.typed").is_file()


def test_the_command_can_be_loaded() -> None:
    (command,) = distribution("glmv-cli").entry_points.select(group="console_scripts")
    assert command.name == "glmv"
    assert callable(command.load())


def defined_names(source: str) -> set[str]:
    """The public classes, functions and constants that a module itself defines."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("module_name", PUBLIC_NAMES)
def test_the_values_that_every_layer_shares_do_not_come_or_go_unnoticed(module_name: str) -> None:
    path = ROOT / "glmv_cli" / f"{module_name}.py"
    assert defined_names(path.read_text()) == PUBLIC_NAMES[module_name]


def table(pattern: str, text: str) -> dict[int, str]:
    """Exit code → meaning, of the lines that fit ``pattern``."""
    return {int(code): meaning for code, meaning in re.findall(pattern, text, re.MULTILINE)}


def test_every_error_has_an_exit_code_of_its_own_and_the_tree_says_which() -> None:
    tree = [error for error in subclasses(GlmvError) if error.__module__ == "glmv_cli.errors"]
    drawn = re.findall(r"(\w+Error) +(\d+) ", str(errors.__doc__))
    assert sorted(drawn) == sorted((error.__name__, str(error.exit_code)) for error in tree)
    assert len({code for _, code in drawn}) == len(tree)


def test_exit_codes_mean_the_same_wherever_they_are_told() -> None:
    readme = table(r"^\| (\d+) \| (.+) \|$", (ROOT / "README.md").read_text())
    shown = table(r"^  (\d+) +(.+)$", EPILOG)
    tree = table(r"\w+Error +(\d+) +(.+)$", str(errors.__doc__))
    assert readme.keys() == shown.keys() >= tree.keys() | {process.INTERRUPTED, process.PIPE_CLOSED}
    for code, meaning in shown.items():
        assert readme[code].startswith(meaning)
        assert tree.get(code, meaning) == meaning
