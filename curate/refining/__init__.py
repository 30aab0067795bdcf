"""A stronger model rewrites what is correct but unreadable; every filter judges it again."""
