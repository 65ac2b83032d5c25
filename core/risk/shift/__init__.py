"""Shift between calibration images and pool: tests, class mix, weighted thresholds, sizes, states."""
