"""ModelInputs → text, token by token."""
