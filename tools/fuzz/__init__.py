"""Damaged media by the million: what reads them must answer, or refuse in our words, in bounded time and memory."""
