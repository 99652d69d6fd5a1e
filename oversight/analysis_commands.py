"""Carry out `analyze` and `detectors`; imported only once one is chosen."""
