"""Which samples are missing, their prompts, and the stage that asks an engine for them."""
