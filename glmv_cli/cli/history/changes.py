"""What ``glmv history rm``, ``on`` and ``off`` do."""

from __future__ import annotations

from collections.abc import Sequence

from glmv_cli.cli.confirmation import confirmed
from glmv_cli.cli.environment import Environment
from glmv_cli.config import variable_of
from glmv_cli.errors import UsageError
from glmv_cli.render.errors import write_note
from glmv_cli.store.config_file import write_setting
from glmv_cli.store.history.reading import History
from glmv_cli.store.paths import config_path, existing_home, history_path


def remove(environment: Environment, conversations: Sequence[int], everything: bool, yes: bool) -> int:
    """Forget conversations, after asking for it unless ``yes``."""
    if everything == bool(conversations):
        raise UsageError("name conversations by their ids, or --all", "'glmv history list' shows them")
    history = History(history_path(environment.environ))
    chosen = list(dict.fromkeys(conversations))
    if everything:
        chosen = [summary.id for summary in history.summaries()]
    if not chosen:
        write_note(environment.output, "there is nothing in the history")
        return 0
    for conversation in conversations:
        history.load(conversation)  # or there is nothing to ask
    what = _counted(len(chosen)) if len(chosen) > 1 else f"conversation {chosen[0]}"
    if not yes and not confirmed(environment, f"remove {what}?", "removing conversations"):
        write_note(environment.output, "nothing was removed")
        return 1
    history.remove(chosen)
    write_note(environment.output, f"{_counted(len(chosen))} removed")
    return 0


def switch(environment: Environment, on: bool) -> int:
    """Write into the configuration file whether exchanges are kept."""
    path = existing_home(config_path(environment.environ), "the configuration")
    write_setting(path, "history", on)
    kept = "exchanges are kept from now on" if on else "nothing more is kept; 'glmv history rm --all' removes what is"
    write_note(environment.output, kept)
    variable = variable_of("history")
    if environment.environ.get(variable):
        write_note(environment.output, f"but {variable} is set to {environment.environ[variable]}")
    return 0


def _counted(number: int) -> str:
    return f"{number} conversation{'' if number == 1 else 's'}"
