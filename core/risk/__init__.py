"""Statistics of label errors: risk control, audit certificates, estimates, comparisons. Pure functions."""
