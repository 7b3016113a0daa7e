"""Messages and decoded media → model inputs, as the checkpoint was trained to see them."""
