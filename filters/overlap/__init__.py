"""Texts that share text: duplicates among the traces, and leaks from benchmarks."""
