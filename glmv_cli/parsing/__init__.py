"""From a model's text to thinking, answer and boxes; text in, events out, nothing of tokens or screens."""
