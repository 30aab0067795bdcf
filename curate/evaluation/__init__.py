"""How good is a checkpoint? k samples of every problem of a set, judged by the filters, as figures
in the table `evals`."""
