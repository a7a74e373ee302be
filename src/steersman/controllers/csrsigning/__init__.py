"""Requests for certificates: approved, signed, and forgotten in the end."""
