"""Garbage collection: what its owners leave behind goes too."""
