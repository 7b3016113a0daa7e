"""Completion for bash 4.2 and newer: tables of the commands, and the code that walks along the line."""

from __future__ import annotations

from collections.abc import Iterator

from tools.reference.shell import HEAD, extensions, quoted, valued_options
from tools.reference.tree import Command
from tools.reference.values import Values

_CODE = r"""
# COMMAND WHAT: what the value of an option, or an argument by its number, may be. Nothing: WHAT takes no value.
__glmv_value() {
    case "$1 $2" in
@VALUES@
        *) value= ;;
    esac
}

# COMMAND: its subcommands and its options.
__glmv_words() {
    case $1 in
@WORDS@
    esac
}

# Files and directories that begin with $current; with an extension, only those files that have it.
__glmv_files() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        if [[ $1 == any || -d ${name/#\~\//$HOME/} || ${name,,} == *.@($1) ]]; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen -f -- "$current")
}

__glmv_offer() {
    case $1 in
        choice\ *) COMPREPLY+=($(compgen -W "${1#choice }" -- "$current")) ;;
        model) __glmv_names models; __glmv_files / ;;
        config) __glmv_names models; __glmv_files json ;;
        kept) __glmv_names kept ;;
        directory) __glmv_files / ;;
        media) __glmv_files '@EXTENSIONS@' ;;
        file) __glmv_files any ;;
    esac
}

__glmv_names() {
    COMPREPLY+=($(compgen -W "$("${glmv/#\~\//$HOME/}" --complete "$1" 2>/dev/null)" -- "$current"))
}

_glmv() {
    local glmv=$1 current=${COMP_WORDS[COMP_CWORD]} command=glmv number=1 pending= value= word i commands options
    COMPREPLY=()
    __glmv_words "$command"
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then # bash divides --option=value in three
            continue
        elif [[ -n $pending ]]; then
            pending=
        elif [[ $word == -?* ]]; then
            __glmv_value "$command" "$word"
            pending=$value
        elif [[ " $commands " == *" $word "* ]]; then
            command+=" $word"
            __glmv_words "$command"
        else
            number=$((number + 1))
        fi
    done
    [[ $current == = ]] && current=
    if [[ -z $pending && $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return
    fi
    if [[ $current == [\"\']* ]]; then
        current=${current:1}
    else
        IFS= read current <<<"$current" # without -r: takes backslashes away
    fi
    if [[ -n $pending ]]; then
        __glmv_offer "$pending"
    elif [[ -n $commands ]]; then
        COMPREPLY=($(compgen -W "$commands" -- "$current"))
    else
        __glmv_value "$command" "$number"
        __glmv_offer "$value"
    fi
}

complete -F _glmv glmv
"""


def bash_completion(root: Command) -> str:
    """The whole file."""
    values = "\n".join(line for command in root.walk() for line in _values(command))
    words = "\n".join(line for command in root.walk() for line in _words(command))
    code = _CODE.replace("@VALUES@", values).replace("@WORDS@", words).replace("@EXTENSIONS@", extensions("|"))
    return f"# Completion of glmv for bash. {HEAD}\n{code}"


def _values(command: Command) -> Iterator[str]:
    """Lines of the table of values."""
    for option in valued_options(command):
        names = " | ".join(quoted(f"{command.name} {flag}") for flag in option.all_flags)
        yield _row(names, option.values)
    for number, argument in enumerate(command.arguments, start=1):
        if argument.repeatable:
            yield _row(f"{quoted(command.name)}' '[0-9]*", argument.values)
        else:
            yield _row(quoted(f"{command.name} {number}"), argument.values)


def _row(pattern: str, values: Values) -> str:
    shown = " ".join((values.kind, *values.choices))
    return f"        {pattern}) value={quoted(shown) if values.choices else shown} ;;"


def _words(command: Command) -> Iterator[str]:
    """Lines of the table of words."""
    commands = " ".join(child.word for child in command.children)
    options = " ".join(flag for option in command.options for flag in option.all_flags)
    yield f"        {quoted(command.name)})"
    yield f"            commands={quoted(commands)}"
    yield f"            options={quoted(options)}"
    yield "            ;;"
