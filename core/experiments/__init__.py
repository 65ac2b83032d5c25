"""Runs, control runs, curricula and stop advice."""
