"""An output folder made safely: one writer at a time, resumable, nothing of anybody else's touched.

What shards and exports have in common: the lock, the journal of finished work, taking up what an
earlier run left, removing a set to replace it, and the sentences that say so. What tells them apart
is an :class:`~seqsynth.output.kind.OutputKind`.
"""
