"""A picture on a terminal, a few lines high: by the protocols of some terminals, by half characters on the others.

Which one, the environment tells. Terminals could be asked, and libraries such as textual-image do so, but the answer
comes among what a person types, who would lose keys.
"""
