"""Files and the decision log of a project on disk."""
