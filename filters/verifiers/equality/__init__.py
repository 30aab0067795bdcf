"""Are two trees the same answer? Exactly here, else symbolically in killable workers."""
