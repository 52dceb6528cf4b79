"""The teacher-student reflection remover, trained from shards (paper 3 and 5.1).

:mod:`trainer.nets` holds the networks, :mod:`trainer.losses` equations 1 to 10,
:mod:`trainer.config` every decision as a setting with the paper's value as default. Importing this
package alone imports nothing heavy.
"""
