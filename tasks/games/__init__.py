"""Decision problems of a few places, each drawn from one paper."""
