"""Completion for zsh: a function a command, which calls ``_arguments``."""

from __future__ import annotations

from collections.abc import Iterator

from tools.reference.shell import HEAD, described, extensions, quoted
from tools.reference.tree import Argument, Command, Option
from tools.reference.values import Values

_CODE = r"""
(( $+functions[__glmv_names] )) || __glmv_names() {
    local -a names
    names=(${(f)"$(_call_program names $_glmv_program --complete $1 2>/dev/null)"})
    _describe -t models model names
}

(( $+functions[__glmv_models] )) || __glmv_models() {
    _alternative 'models:model: __glmv_names models' 'directories:directory:_files -/'
}

(( $+functions[__glmv_configs] )) || __glmv_configs() {
    _alternative 'models:model: __glmv_names models' 'files:config:_files -g "*.json"'
}
"""
_TAIL = '\n_glmv "$@"\n'


def zsh_completion(root: Command) -> str:
    """The whole file."""
    functions = "\n".join("\n".join(_function(command)) for command in root.walk())
    return f"#compdef glmv\n# Completion of glmv for zsh. {HEAD}\n{_CODE}\n{functions}{_TAIL}"


def _function(command: Command) -> Iterator[str]:
    specs = [spec for option in command.options for spec in _option(option)]
    if command.children:
        specs += ["'1:command:->command'", "'*::argument:->argument'"]
    else:
        specs += [_argument(argument) for argument in command.arguments]
    yield f"{_name(command)}() {{"
    if command.name == "glmv":
        yield "    local _glmv_program=$words[1]  # as it was typed: what knows the names of models"
    if command.children:
        yield "    local curcontext=$curcontext state line"
        yield "    typeset -A opt_args"
    yield "    _arguments -C -s -S \\"
    yield " \\\n".join(f"        {spec}" for spec in specs)
    if command.children:
        yield from _subcommands(command)
    yield "}\n"


def _subcommands(command: Command) -> Iterator[str]:
    yield "    case $state in"
    yield "        command)"
    yield "            local -a commands"
    yield "            commands=("
    for child in command.children:
        yield f"                {quoted(f'{child.word}:{described(child.paragraphs[0])}')}"
    yield "            )"
    yield "            _describe -t commands command commands"
    yield "            ;;"
    yield "        argument)"
    yield "            case $line[1] in"
    for child in command.children:
        yield f"                {child.word}) {_name(child)} ;;"
    yield "            esac"
    yield "            ;;"
    yield "    esac"


def _option(option: Option) -> Iterator[str]:
    """A spec for each flag; those that exclude each other say so."""
    others = "*" if option.repeatable else f"({' '.join(option.all_flags)})" if len(option.all_flags) > 1 else ""
    text = _escaped(described(option.help), "[]:\\")
    for flag in option.all_flags:
        value = f":{_escaped(option.metavar, ':')}:{_action(option.values)}" if option.metavar else ""
        glue = ("=" if flag.startswith("--") else "+") if option.metavar else ""
        yield quoted(f"{others}{flag}{glue}[{text}]{value}")


def _argument(argument: Argument) -> str:
    optional = "*:" if argument.repeatable else "::" if argument.metavar.startswith("[") else ":"
    return quoted(f"{optional}{_escaped(argument.metavar, ':')}:{_action(argument.values)}")


def _action(values: Values) -> str:
    return {
        "choice": f"({' '.join(values.choices)})",
        "model": "__glmv_models",
        "config": "__glmv_configs",
        "kept": " __glmv_names kept",
        "media": f'_files -g "*.(#i)({extensions("|")})"',
        "directory": "_files -/",
        "file": "_files",
        "text": " ",
    }[values.kind]


def _name(command: Command) -> str:
    return "_" + command.name.replace(" ", "_").replace("-", "_")


def _escaped(text: str, characters: str) -> str:
    return "".join(f"\\{character}" if character in characters else character for character in text)
