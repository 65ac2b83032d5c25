"""Devices at run time: precision, memory, several processes."""
