"""One function for each training method, and its threshold state."""
