"""Access to the server: who may ask, links that open it once, and what a request body may be."""
