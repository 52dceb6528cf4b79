"""Train teacher and student (paper 3 and 5.1)."""
