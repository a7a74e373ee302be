"""What of HTTP the API server understands: paths, negotiation, query options, health, the answer's form."""
