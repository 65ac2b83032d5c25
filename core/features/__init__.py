"""Features of images: numbers that no label of the project has touched, computed once and stored."""
