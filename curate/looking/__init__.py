"""People look at a run: `report`, one file of figures, and `browser`, where traces are read."""
