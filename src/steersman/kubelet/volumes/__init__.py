"""Volumes: one file a type behind the small protocol of `base`; `table` lists them, `manager` keeps them mounted."""
