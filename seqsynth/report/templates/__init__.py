"""The page's HTML and CSS, as Jinja templates."""
