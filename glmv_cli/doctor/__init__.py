"""What a machine has for glmv, and what is wrong with it: collect facts → judge them → findings.

``collect`` asks the system, and no question that fails stops the others; ``judge`` is a pure function of the facts.
"""
