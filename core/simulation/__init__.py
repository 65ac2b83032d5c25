"""Simulated review: strategies, sandboxes and their results."""
