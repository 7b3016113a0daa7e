"""From events and errors to what a person or a program reads: plain text, JSON."""
