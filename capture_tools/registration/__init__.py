"""Registration: where a pixel of one photo lies in another, and how far to trust it."""
