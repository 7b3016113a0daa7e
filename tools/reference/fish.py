"""Completion for fish: a line an option, under the condition that its command is the one on the line."""

from __future__ import annotations

from collections.abc import Iterator

from tools.reference.shell import HEAD, described, extensions, valued_options
from tools.reference.tree import Command, Option
from tools.reference.values import Values

_CODE = r"""
# The command on the line, as "glmv models default", and then how many arguments of it stand before the cursor.
function __glmv_line
    set -l command glmv
    set -l number 0
    set -l pending no
    for word in (commandline -opc)[2..-1]
        if test $pending = yes
            set pending no
        else if string match -q -- '-*' $word
            if contains -- "$command $word" $__glmv_valued
                set pending yes
            end
        else if contains -- "$command $word" $__glmv_commands
            set command "$command $word"
        else
            set number (math $number + 1)
        end
    end
    echo $command
    echo $number
end

# COMMAND [LEAST [MOST]]: whether that is the command, and so many arguments stand before the cursor.
function __glmv_at
    set -l line (__glmv_line)
    test "$line[1]" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    test $line[2] -ge $argv[2]; or return 1
    not set -q argv[3]; or test $line[2] -le $argv[3]
end

# PATTERN: files whose names match it, and directories.
function __glmv_files
    complete -C "'' "(commandline -ct) | string match -r -i -- "^[^\t]*(?:/|$argv[1])(?:\t.*)?\$"
end

# models or kept: as glmv itself says.
function __glmv_names
    set -l glmv (string replace -r '^~/' "$HOME/" -- (commandline -opc)[1])
    command $glmv --complete $argv[1] 2>/dev/null
end

complete -c glmv -f
"""


def fish_completion(root: Command) -> str:
    """The whole file."""
    commands = list(root.walk())
    valued = [f"{each.name} {flag}" for each in commands for option in valued_options(each) for flag in option.flags]
    tables = [
        f"set -g __glmv_commands {_words(each.name for each in commands[1:])}",
        f"set -g __glmv_valued {_words(valued)}",
    ]
    lines = [line for command in commands for line in _lines(command)]
    return "\n".join([f"# Completion of glmv for fish. {HEAD}", *tables, _CODE, *lines, ""])


def _lines(command: Command) -> Iterator[str]:
    for child in command.children:
        yield f"{_start(command, ' 0 0')} -a {child.word} -d {_quoted(described(child.paragraphs[0]))}"
    for number, argument in enumerate(command.arguments):
        place = f" {number}" if argument.repeatable else f" {number} {number}"
        if action := _action(argument.values):
            yield f"{_start(command, place)} {action}"
    for option in command.options:
        yield _option(command, option)


def _option(command: Command, option: Option) -> str:
    flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.all_flags)
    value = f" -x {_action(option.values)}".rstrip() if option.metavar else ""
    return f"{_start(command)} {flags}{value} -d {_quoted(described(option.help))}"


def _start(command: Command, place: str = "") -> str:
    return f"complete -c glmv -n {_quoted(f'__glmv_at {_quoted(command.name)}{place}')}"


def _action(values: Values) -> str:
    """What is offered; nothing for a text."""
    files = {"media": rf"\.(?:{extensions('|')})", "directory": "/", "model": "/", "config": r"\.json", "file": "."}
    parts = []
    if values.kind == "choice":
        parts.append(" ".join(values.choices))
    if values.kind in ("model", "config", "kept"):
        parts.append(f"(__glmv_names {'kept' if values.kind == 'kept' else 'models'})")
    if values.kind in files:
        parts.append(f"(__glmv_files {_quoted(files[values.kind])})")
    return f"-a {_quoted(' '.join(parts))}" if parts else ""


def _words(texts: Iterator[str] | list[str]) -> str:
    return " ".join(map(_quoted, texts))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
