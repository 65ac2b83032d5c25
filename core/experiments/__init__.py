"""Runs: prepared, started, cancelled, resumed; control runs, curriculum and stop advice."""
