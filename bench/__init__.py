"""Benchmarks: they print a table and assert nothing.  `python -m bench`, or `make bench`."""
