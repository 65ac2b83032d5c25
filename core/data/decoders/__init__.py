"""What image files are: formats by name and content, value ranges, colors."""
