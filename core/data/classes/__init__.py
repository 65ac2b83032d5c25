"""Classes of an image folder: their names, and the edits that renamed, merged or described them."""
