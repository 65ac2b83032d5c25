"""Sections of the Train page beside its form: imported predictions, curricula, curves."""
