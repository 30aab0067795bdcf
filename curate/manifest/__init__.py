"""The index over all shards, what became of each trace, and SQL over both."""
