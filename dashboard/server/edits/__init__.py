"""HTTP routes that change a project: decisions and remarks, classes, hidden images."""
