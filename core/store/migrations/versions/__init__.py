"""Schema changes in order, one file each."""
