"""Sub-resources that are not just another view of their object: one file each.

`status`, `ephemeralcontainers`, `resize`, `approval` and `finalize` are views: get, update and patch serve them,
and the kind's strategy says what of a write counts.
"""
