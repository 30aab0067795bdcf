"""Kept traces to records, and records to a dataset folder."""
