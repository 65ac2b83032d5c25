"""Training data on the device: parts of the image set, batches drawn from them, and their types."""
