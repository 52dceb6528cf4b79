"""Photos from elsewhere into shards: benchmark pairs and camera captures."""
