"""Scores of predictions: confidence, entropy, calibration, neighbors, out of distribution. Pure functions."""
