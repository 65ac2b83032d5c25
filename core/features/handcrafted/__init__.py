"""Features without pretrained weights: gradient histograms, plain pixels, and filters learned from unlabeled images."""
