"""Plans of training: goals, the runs that reach them, and how long they take here."""
