"""From decisions to labels: replay, curated sets, rules, filters and query strategies. Pure functions."""
