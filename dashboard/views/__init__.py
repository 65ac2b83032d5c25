"""Pages, one module each: widgets, one or two `Project` calls, charts."""
