"""Custom resources: definitions that clients store, served like any other kind.

definition   a CustomResourceDefinition's version as values: resource, type, columns, paths
nodes        a structural schema as `api.schema` nodes, for patches and apply
shaping      pruning and defaulting along a structural schema (`api.validation.customresources`)
rules        rules in CEL, compiled once for each version that is served
jsonpath     the paths of columns, scale and selectable fields
naming       which names a definition gets, and the conditions that say so
strategy     what happens before an object is created and updated
scaling      where the replicas are, for the `scale` sub-resource
table        definitions in the store -> what the server serves, swapped at once
approval     whether a group of Kubernetes' own may be used
registration API services for the group versions of definitions
lifecycle    conditions, and the end of a definition with its objects

conversion_review   what a conversion webhook is asked, and what it may answer
conversion_webhook  objects in another version, by the definition's strategy
conversion_cache    what a webhook converted, for reading without waiting; see `verbs.converting`
"""
