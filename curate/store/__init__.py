"""The run folder and its shards: the only place that writes to it."""
