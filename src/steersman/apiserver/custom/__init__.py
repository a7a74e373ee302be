"""Custom resources: definitions that clients store, served like any other kind.

    definition   a CustomResourceDefinition's version as values: resource, type, columns, paths
    nodes        a structural schema as `api.schema` nodes, for patches and apply
    shaping      pruning and defaulting along a structural schema
    checking     validation along it, with kube-apiserver's messages
    jsonpath     the paths of columns, scale and selectable fields
    naming       which names a definition gets, and the conditions that say so
    strategy     what happens before an object is created and updated
    scaling      where the replicas are, for the `scale` sub-resource
    table        definitions in the store -> what the server serves, swapped at once
    lifecycle    conditions, and the end of a definition with its objects

Rules in CEL (`x-kubernetes-validations`) are not evaluated yet: `rules` is their place.  Conversion by webhook
is not done either; versions differ in their apiVersion only.
"""
