"""Live model: a head fitted again while images are reviewed, and what the decisions bought."""
