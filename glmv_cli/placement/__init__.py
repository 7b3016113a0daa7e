"""What this machine has, and where a model's parts go on it. Integers only: no tensors, no weights read."""
