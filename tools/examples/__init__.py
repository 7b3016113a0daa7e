"""The pictures and the film in ``examples/``."""
