"""Five journeys of a person through the dashboard, played in Chromium by clicks and keys."""
