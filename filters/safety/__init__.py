"""Was a harmful request answered, a harmless one refused? The filter, and what a refusal is."""
