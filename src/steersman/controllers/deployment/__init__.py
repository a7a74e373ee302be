"""Deployment: replaces pods of one template by pods of another, a few at a time."""
