"""One client, two transports: HTTP and in-process."""
