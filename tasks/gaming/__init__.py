"""The stories of specification gaming: what was told and what was wanted, side by side."""
