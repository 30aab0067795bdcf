"""Answers and programs in a user's file: verified, audited, test cases cleaned."""
