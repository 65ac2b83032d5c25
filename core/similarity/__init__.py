"""Similarity of images: nearest images, near duplicates, 2-D maps."""
