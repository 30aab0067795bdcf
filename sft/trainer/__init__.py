"""What both trainers share: base model, arguments, checkpoints, journal."""
