"""Nodes that fall silent are marked, and their pods may then be moved."""
