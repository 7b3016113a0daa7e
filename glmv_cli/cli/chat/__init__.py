"""``glmv chat``: one question after another, typed or from a pipe, to one model that stays loaded."""
