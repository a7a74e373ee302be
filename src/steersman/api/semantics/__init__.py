"""What several rooms ask of objects: requests, readiness, tolerations, affinity, claims.

Pure functions of trees; one file a question.  No I/O, no clock.
"""
