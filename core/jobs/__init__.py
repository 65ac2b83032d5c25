"""Processes: training and other work started outside the server, and their device locks."""
