"""Image files, image sets and splits on disk."""
