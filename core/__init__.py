"""Winnow's front door. Everything the roof (dashboard, notebooks) may use comes through here; nothing imports torch."""
