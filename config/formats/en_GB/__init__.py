"""English, as staff read it."""
