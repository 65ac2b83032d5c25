"""One opened project: its path, images, splits, runs and scores."""
