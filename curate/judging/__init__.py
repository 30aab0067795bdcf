"""The filter stage: verdicts of row filters and group filters, and a person's word."""
