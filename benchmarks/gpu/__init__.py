"""What a GPU is worth: one script for a bare machine, prepared beforehand, bounded in minutes.

``python -m benchmarks.gpu pack --photos VOC --pairs SIR2 --out pack`` gathers what that machine
needs; ``python -m benchmarks.gpu run --pack pack --minutes 12 --out figures`` runs there.
"""
