"""Escape sequences that more than one writer needs."""

from __future__ import annotations

ERASE_BELOW = "\r\x1b[K\x1b7\x1b[B\x1b[J\x1b8"
"""Erases the cursor's line and all below, and leaves the cursor at its start.

Not simply ``\\x1b[J``: in the first line of the screen, tmux would keep what it erases in its scrollback.
"""
