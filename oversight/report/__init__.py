"""Show what an experiment found: one page with pictures, and files for other programs."""
