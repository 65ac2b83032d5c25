"""State of the dashboard: URL values, open projects, current project and run."""
