"""An answer in Markdown, set for a terminal while it comes. Imports rich: only for a terminal."""
