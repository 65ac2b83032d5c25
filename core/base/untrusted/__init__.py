"""Values from outside: JSON, numbers in texts, rows of a log; none of them breaks what reads it."""
