"""Pods that nobody will end: their node is gone, or they never had one, or they are too many and over."""
