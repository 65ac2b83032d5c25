"""Weak and strong augmentation of a batch on its device."""
