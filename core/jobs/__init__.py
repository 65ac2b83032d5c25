"""Processes outside the server: how they start, their device locks and job folders."""
