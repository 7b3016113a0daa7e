"""The JSON files of a checkpoint directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from glmv_cli.errors import ModelError


def read_json(path: Path, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """The object in a JSON file.

    Raises :class:`ModelError` if it is not one, or if the file is missing and there is no ``default``.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if default is not None:
            return default
        raise ModelError(f"the checkpoint lacks {path.name}", f"expected it at {path}") from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}", "make the file readable") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"cannot read {path}: {error}", "copy the checkpoint again") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} does not hold a JSON object", "copy the checkpoint again")
    return value
