"""Batched augmentation on the device: weak and strong views."""
