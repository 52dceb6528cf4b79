"""Photos: files told by their first bytes, their EXIF, their pixels, and their working size."""
