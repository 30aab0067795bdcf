"""Has the trace the shape a record needs? The filter, and what runs on behind an answer."""
