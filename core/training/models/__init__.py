"""Models by name, their initial weights and their weight files."""
