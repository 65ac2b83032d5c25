"""State of the dashboard: values in the URL, open projects, and the current project and run."""
