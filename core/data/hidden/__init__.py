"""Hidden images: which images of a project count nowhere, and why."""
