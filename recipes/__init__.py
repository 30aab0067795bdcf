"""Configurations to start from, with their reasons; `curate demo` reads its own from here."""
