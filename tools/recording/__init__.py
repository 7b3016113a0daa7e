"""A session with ``glmv chat``, recorded on a pseudo-terminal and drawn as an SVG for the README."""
