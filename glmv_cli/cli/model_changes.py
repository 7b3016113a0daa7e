"""What ``glmv models default`` and ``glmv models remove`` do."""

from __future__ import annotations

from glmv_cli.cli.confirmation import confirmed
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import reading
from glmv_cli.config import variable_of
from glmv_cli.errors import GlmvError, ModelError, UsageError
from glmv_cli.render.errors import write_note
from glmv_cli.store.config_file import read_config, write_setting
from glmv_cli.store.models import resolve_model
from glmv_cli.store.paths import config_path, existing_home, models_path
from glmv_cli.store.registry import DEMO, Registry
from glmv_cli.units import format_bytes


def choose_default(environment: Environment, name: str) -> int:
    """Write ``name`` into the configuration file. Raises :class:`GlmvError` if there is no such model."""
    choice = resolve_model(name, environment.environ)
    kept = Registry(models_path(environment.environ)).find(name) is not None or name == DEMO
    _write(environment, choice.name if kept else str(choice.directory))
    write_note(environment.output, f"{choice.name} is the default model now")
    variable = variable_of("model")
    if environment.environ.get(variable):
        write_note(environment.output, f"but {variable} is set and names {environment.environ[variable]}")
    return 0


def remove_model(environment: Environment, name: str, yes: bool) -> int:
    """Delete a model that glmv keeps, complete or not, after asking for it unless ``yes``."""
    registry = Registry(models_path(environment.environ))
    entry = registry.find(name) or registry.find(name, complete=False)
    if entry is None:
        raise _not_kept(environment, name)
    question = f"remove {entry.name}, {format_bytes(entry.size())} in {entry.directory}?"
    if not yes and not confirmed(environment, question, "removing a model"):
        write_note(environment.output, "nothing was removed")
        return 1
    configured = _configured(environment)
    was_default = isinstance(configured, str) and registry.find(configured) == entry
    with reading():
        registry.remove(entry)
    write_note(environment.output, f"{entry.name} is removed")
    if was_default:
        _write(environment, None)
        write_note(environment.output, f"it was the default model; now '{DEMO}' is")
    return 0


def has_default(environment: Environment) -> bool:
    """Whether somebody has chosen a default model, in whichever way."""
    return bool(environment.environ.get(variable_of("model"))) or _configured(environment) is not None


def _not_kept(environment: Environment, name: str) -> GlmvError:
    if name == DEMO:
        return UsageError(f"'{DEMO}' is built in and cannot be removed", None)
    choice = resolve_model(name, environment.environ)  # tells what may be meant, if it is nothing at all
    return ModelError(
        f"{choice.directory} is not in the directory of models", "only what 'glmv models' lists can be removed"
    )


def _configured(environment: Environment) -> object:
    return read_config(config_path(environment.environ)).get("model")


def _write(environment: Environment, model: str | None) -> None:
    write_setting(existing_home(config_path(environment.environ), "the configuration"), "model", model)
