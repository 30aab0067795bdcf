"""Does the trace go round in circles? The filter, and how loops are found."""
