"""Predictions of other models: read, checked and kept as a run that suggests like any other."""
