"""Sections of the Data page about images, files and classes."""
