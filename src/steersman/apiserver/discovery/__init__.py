"""What the server says of itself: its groups, versions and resources, its release, its OpenAPI documents.

`answer` is pure: a request and a `Snapshot` of what is served in, a response out, or None for a path that is
not discovery's.  Documents are made when asked for and kept by the snapshot's generation.
"""

from steersman.apiserver.discovery.answer import answer
from steersman.apiserver.discovery.snapshot import Snapshot

__all__ = ["Snapshot", "answer"]
