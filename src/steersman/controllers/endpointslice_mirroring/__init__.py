"""Endpoints that somebody wrote by hand, as the slices that proxies and DNS read."""
