"""The API's vocabulary: data and pure functions.  No I/O, and nobody here looks at a clock."""
