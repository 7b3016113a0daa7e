"""What the command tree says in other forms: manual pages, completions for shells, ``docs/reference.md``."""
