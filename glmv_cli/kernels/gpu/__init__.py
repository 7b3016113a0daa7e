"""Arithmetic on 4-bit weights that lie on an NVIDIA GPU: kernels in Triton, where it is installed."""
