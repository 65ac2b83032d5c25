"""The training loop: data, batches, schedules, checkpoints, monitoring."""
