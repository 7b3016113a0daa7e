"""4-bit arithmetic. Knows tensors and the NF4 layout, nothing of models."""
