"""Training processes, device locks and job folders."""
