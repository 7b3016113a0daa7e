"""What every command has in common, beside its options."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from glmv_cli.media.naming import STDIN

SETTINGS = {"help_option_names": ["-h", "--help"]}
"""Of the context of every command."""


class Command(TyperCommand):
    """``ctx`` and ``state`` below are of Typer's private copy of Click."""

    def make_parser(self, ctx: Any) -> Any:
        """One to which ``-#3-7`` is an argument, pages of standard input, and no option."""
        parser: Any = super().make_parser(ctx)
        process_option = parser._process_opts

        def process(argument: str, state: Any) -> None:
            if argument.startswith(f"{STDIN}#"):
                state.largs.append(argument)
            else:
                process_option(argument, state)

        parser._process_opts = process
        return parser

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """``Usage: glmv quantize [OPTIONS] SRC DST``: arguments as they are typed. Typer puts braces around them."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
