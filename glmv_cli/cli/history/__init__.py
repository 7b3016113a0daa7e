"""What ``glmv history`` does, and how exchanges get there while they happen."""
