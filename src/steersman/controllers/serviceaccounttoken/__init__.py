"""Secrets that ask for a service account's token."""
