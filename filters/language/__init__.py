"""Is the trace in the language of its question? The filter, and how foreign pieces are found."""
