"""Exports of one run: its model with a card, and its round card."""
