"""Writes what is made from the command tree: ``man/``, ``completions/``, ``docs/reference.md``.

    python -m tools.reference.generate [--root .] [--check]

``--check`` writes nothing, and tells what is not current. A manual page bears the date of its last change.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from tools.reference.bash import bash_completion
from tools.reference.fish import fish_completion
from tools.reference.man import DATE, manual_pages
from tools.reference.markdown import reference
from tools.reference.tree import command_tree
from tools.reference.zsh import zsh_completion

ADVICE = "run python -m tools.reference.generate"


def files(today: date) -> dict[str, str]:
    """The text of every file, by its path below the root."""
    root = command_tree()
    pages = manual_pages(root, f"{today:%B} {today.day}, {today.year}")
    return {
        **{f"man/{name}": text for name, text in pages.items()},
        "completions/glmv.bash": bash_completion(root),
        "completions/_glmv": zsh_completion(root),
        "completions/glmv.fish": fish_completion(root),
        "docs/reference.md": reference(root),
    }


def check(root: Path) -> list[str]:
    """One line for every file below ``root`` that is not what the commands say."""
    made = files(date.today())
    faults = [f"{root / name} is not current: {ADVICE}" for name in _changed(made, root)]
    return faults + [f"{path} is of no command: {ADVICE}" for path in _strangers(made, root)]


def write(root: Path) -> None:
    """Bring the files below ``root`` up to date."""
    made = files(date.today())
    for name in _changed(made, root):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(made[name], encoding="utf-8")
    for path in _strangers(made, root):
        path.unlink()


def _changed(made: dict[str, str], root: Path) -> list[str]:
    return [name for name, text in made.items() if _undated(_read(root / name)) != _undated(text)]


def _strangers(made: dict[str, str], root: Path) -> list[Path]:
    """Manual pages of commands that are no more."""
    return [path for path in sorted((root / "man").glob("*.1")) if f"man/{path.name}" not in made]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _undated(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(DATE)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path())
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    args = parser.parse_args()
    if args.check:
        faults = check(args.root)
        sys.exit("\n".join(faults) if faults else 0)
    write(args.root)


if __name__ == "__main__":
    main()
