"""Primitives that know nothing of Kubernetes."""
