"""From shards to batches: which sequences are seen, in which order, and what is done to them."""
