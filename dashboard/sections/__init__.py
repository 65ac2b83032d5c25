"""Parts of pages that stand on their own."""
