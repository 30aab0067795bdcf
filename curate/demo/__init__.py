"""What `make demo` needs besides the stages: problems, a dirty corpus, tiny models, the tour."""
