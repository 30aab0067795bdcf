"""Did the sample end by itself? The filter, and how a text shows that it was cut off."""
