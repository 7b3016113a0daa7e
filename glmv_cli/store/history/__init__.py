"""What was asked and answered, in one SQLite file: written while answers come, read by ``glmv history``."""
