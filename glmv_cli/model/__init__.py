"""Checkpoints on disk, quantized modules, and how the one becomes the other."""
