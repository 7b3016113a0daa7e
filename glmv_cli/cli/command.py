"""What every command has in common, beside its options."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

SETTINGS = {"help_option_names": ["-h", "--help"]}
"""Of the context of every command."""


class Command(TyperCommand):
    """``Usage: glmv quantize [OPTIONS] SRC DST``: arguments as they are typed. Typer puts braces around them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """``[OPTIONS]`` and the arguments. ``ctx``: of Typer's private copy of Click."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
