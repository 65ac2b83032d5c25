"""Given labels: which are probably wrong, which contradict each other, and how many were corrected."""
