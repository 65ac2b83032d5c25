"""Sections of the pages: forms, widgets, tables and curves."""
