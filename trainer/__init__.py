"""The teacher-student reflection remover, trained from shards (paper 3 and 5.1).

:mod:`trainer.nets` holds the networks and their settings, :mod:`trainer.training.losses` equations
1 to 10, :mod:`trainer.recipe` every decision of a training with the paper's value as default.
Importing this package alone imports nothing heavy.
"""
