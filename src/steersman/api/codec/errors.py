"""What decoding refuses, as one exception with Go's text."""


class DecodeError(ValueError):
    """The body is not what its type says.  The text is what the reference puts after `cannot be handled as`."""
