"""The commands of `curate`, each a few lines over one library function."""
