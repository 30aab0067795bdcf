"""Could a person read it? The filter, and what it looks for."""
