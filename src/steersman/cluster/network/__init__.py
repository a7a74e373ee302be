"""Nodes as network namespaces: planned as values, made and removed by `ip`."""
