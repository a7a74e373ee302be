"""Cluster DNS: names to records, and the server that answers."""
