"""Who owns which field, and server-side apply.

`fieldset` is a set of paths into an object, kept as the tree that `FieldsV1` is; `elements` names one step of
a path.  `typed`, `comparison` and `merging` walk objects by their type: which paths one has, what changed between two,
laying over and taking away.
`managed` keeps `metadata.managedFields` on every write; `server_side` is the apply patch itself.

All of it follows `sigs.k8s.io/structured-merge-diff` and `k8s.io/apimachinery/pkg/util/managedfields`.
"""
