"""Calibration images: are they like the pool, draws from the pool, and thresholds from them."""
