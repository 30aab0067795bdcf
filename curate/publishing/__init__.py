"""A run's dataset for others: the push to the Hub."""
