"""Sections of pages: forms, widgets, tables and curves."""
