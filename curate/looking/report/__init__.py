"""`curate report`: one file that shows what became of a run's traces, to be read anywhere."""
