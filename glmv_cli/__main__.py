"""``python -m glmv_cli`` is ``glmv``."""

from __future__ import annotations

from glmv_cli.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
