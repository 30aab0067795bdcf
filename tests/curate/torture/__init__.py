"""A run under fire: its stages are killed, refused the disk and damaged, and must end as if not."""
