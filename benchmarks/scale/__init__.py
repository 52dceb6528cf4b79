"""The benchmark of scale: what is measured, and the page that is written of it."""
