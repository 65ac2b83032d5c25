"""Formats of exported labels, one module for each family behind one interface."""
