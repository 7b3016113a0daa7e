"""The commands: parse, build a request, pick a renderer, turn errors into exit codes.

``main`` (the entry point, and what concerns the process) → ``program`` (Typer, errors → exit codes) → ``app``
(the commands) → ``answers`` (open the inputs, load the model, answer). What a command takes from outside is
one object, ``environment``. Heavy libraries are reached only through ``session``, inside functions.
"""
