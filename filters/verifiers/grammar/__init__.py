"""From the text of an answer to a tree: glyphs, tokens, numbers, units, words."""
