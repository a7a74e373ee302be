"""Three kinds of patch, each a pure function from a tree and a patch to a new tree.

`json_patch` (RFC 6902), `merge_patch` (RFC 7396) and `strategic` (Kubernetes' own, with lists merged by key).
None changes what it is given; the new tree shares with the old one whatever the patch did not touch.  What
cannot be applied is refused with the StatusError that the reference answers.  Server-side apply is not a
patch in this sense: see `api.apply`.
"""
