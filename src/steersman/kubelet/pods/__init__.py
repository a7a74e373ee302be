"""Pods on a node: what should happen (`plan`), what is reported (`status`), and who does it (`sync`, `manager`)."""
