from __future__ import annotations

from tools.reference.tree import Command, command_tree
from tools.reference.values import Values


def named(name: str) -> Command:
    return next(command for command in command_tree().walk() if command.name == name)


def test_every_command_is_in_the_tree() -> None:
    names = [command.name for command in command_tree().walk()]
    assert names[0] == "glmv"
    assert {"glmv describe", "glmv ask", "glmv models", "glmv models default"} <= set(names)


def test_a_command_says_what_its_help_says() -> None:
    command = named("glmv describe")
    assert (command.word, command.page) == ("describe", "glmv-describe")
    assert command.paragraphs[0] == "Say what is in pictures, films and documents."
    assert command.summary == "say what is in pictures, films and documents"
    assert command.usage == ("[OPTIONS]", "MEDIA...")
    assert [section.title for section in command.sections] == ["Examples"]


def test_options_know_their_flags_and_values() -> None:
    options = {option.flags[-1]: option for option in named("glmv ask").options}
    assert options["--think"].off_flags == ("--no-think",)
    assert options["--think"].metavar == ""
    assert options["--model"].flags == ("-m", "--model")
    assert options["--model"].values == Values("model")
    assert options["--show-thinking"].values == Values("choice", ("auto", "full", "collapsed", "none"))
    assert options["--max-tokens"].values == Values("text")
    assert options["--attach"].repeatable
    assert options["--help"].flags == ("-h", "--help")


def test_arguments_know_what_they_may_be() -> None:
    (media,) = named("glmv describe").arguments
    assert (media.metavar, media.values, media.repeatable) == ("MEDIA...", Values("media"), True)
    assert media.help.startswith("Pictures, films and documents (PDF, TIFF): files, addresses (https://…)")
    (name,) = named("glmv models remove").arguments
    assert (name.values, name.repeatable) == (Values("kept"), False)
