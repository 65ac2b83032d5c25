"""What stays: run folders, arrays, the decision log, exports. No torch, no statistics, no opinion on images."""
