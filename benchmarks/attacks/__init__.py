"""Programs that attack a dashboard, a training or a project, and count what was lost; results in docs/BENCHMARKS.md."""
