"""Films and pictures of every kind that can be written here, each of which says what must be seen in it."""
