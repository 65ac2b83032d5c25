"""Statistics of label errors: risk control, audit certificates, estimates, comparisons.

All functions are pure.
"""
