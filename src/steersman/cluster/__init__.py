"""The composition root: configuration, PKI, the one-process cluster, its nodes and signals.

The only room that builds long-lived objects and hands them to each other.
"""
