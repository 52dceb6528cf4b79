"""The sections of a shard set's page: each turns a `Survey` into a `Section`, or into None."""
