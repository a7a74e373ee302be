"""Endpoints: the old form of EndpointSlices, still written for those who read it."""
