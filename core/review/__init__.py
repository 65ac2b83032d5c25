"""Review of one run: decisions, cards, queues, histograms, bulk accept, attention checks."""
