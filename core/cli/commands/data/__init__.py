"""Commands about images and classes: new, add, relink, classes."""
