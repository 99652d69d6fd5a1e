"""Hold the ground of Offswitch: what is true, what may be done, what happened."""
