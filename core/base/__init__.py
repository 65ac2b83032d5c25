"""Shared value types, settings and errors."""
