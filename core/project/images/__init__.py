"""Images of a project: additions, decoding, hidden images, groups."""
