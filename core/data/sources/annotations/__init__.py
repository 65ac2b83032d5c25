"""Files of labels that other tools write."""
