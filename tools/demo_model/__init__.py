"""How the built-in demo model is made: drawn scenes, their language, training, evaluation, export."""
