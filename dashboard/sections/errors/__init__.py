"""Sections about errors: their state, by class and group, and from random queues."""
