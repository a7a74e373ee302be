"""What type checking finds in validating admission policies."""
