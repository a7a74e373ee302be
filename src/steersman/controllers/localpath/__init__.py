"""Volumes for the class `standard`: folders of a node."""
