"""Read episodes that were played elsewhere."""
