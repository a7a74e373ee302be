"""Namespaces that are being deleted: their contents go first."""
