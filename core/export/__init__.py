"""Exports of curated labels, models and round cards as files."""
