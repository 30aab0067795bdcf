"""Forms of tests, asserts that are read and not run, and the comparison of results."""
