"""The revisioned key-value store: bytes in, bytes out."""
