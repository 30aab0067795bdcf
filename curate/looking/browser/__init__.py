"""`curate view`: a run's traces in a web browser, on this machine alone."""
