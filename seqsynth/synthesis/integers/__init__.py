"""CEILNet's arithmetic in whole numbers: the reference form, a compiled one, and which to use.

docs/shard-format.md specifies it, docs/arithmetic.md says why it is in whole numbers.
"""
