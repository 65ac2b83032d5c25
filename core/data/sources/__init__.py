"""Sources of images: folders, tables, archives, exports of other tools; each becomes one SourceTable."""
