"""Heads: small classifiers on stored features, fitted in a fraction of a second."""
