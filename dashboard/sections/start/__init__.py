"""Parts that get a person started: opening images, the layouts that are understood, the next step."""
