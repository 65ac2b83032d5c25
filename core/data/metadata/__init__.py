"""Metadata columns: further columns of a source's table, typed, that filter, sort, colour and travel in exports."""
