"""Benchmarks: ratios measured side by side in one run; results are kept in docs/BENCHMARKS.md."""
