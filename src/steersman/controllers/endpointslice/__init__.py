"""EndpointSlice: where a Service's traffic can go, in slices of a hundred."""
