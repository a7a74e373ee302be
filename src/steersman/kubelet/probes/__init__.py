"""Probes: `rules` decides from results, `manager` asks on time, `exec`, `http`, `tcp` and `grpc` ask."""
