"""Files that are replaced at once: no reader, and no crash, sees half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file at ``path``, or make it. A link stays a link, permissions stay as
    they are. Raises ``OSError``, and leaves everything as it was.
    """
    target = Path(os.path.realpath(path))
    # A name that nobody knows before, and no mode but "x": what lies in a folder of others is never followed.
    scratch = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with scratch.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, scratch)
        os.replace(scratch, target)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
